import CommandLanguage
import MilterProtocol
import TraceModel

/// What another process asks of a run through its control socket: a line of text each (docs/attach.md).
///
/// ```
/// attend                           a screen is here until its connection ends; `ok` says what becomes of what is held when the
///                                  last one leaves, `forward` or `keep`
/// do CONNECTION PACKET BODY TEXT   an instruction; BODY is `-`, or how many bytes of the mail's body follow the line, where it is
///                                  about a part of that; CONNECTION 0 is the one that holds the packet
/// forward-all
/// rules COUNT                      all rules anew: so many lines follow
/// add-rule TEXT
/// arm on|off
/// list-rules, status, stats
/// ```
package enum ControlRequest: Sendable, Equatable {
  case attend
  case instruct(Instruction, connection: Int, packet: Int, body: [UInt8]?)
  case forwardAll
  case setRules([Rule])
  case addRule(Rule)
  case arm(Bool)
  case listRules
  case status
  case stats

  /// As it is sent.
  package var bytes: [UInt8] {
    guard case .instruct(_, _, _, let body?) = self else { return Array(lines.utf8) }
    return Array(lines.utf8) + body
  }

  private var lines: String {
    switch self {
    case .attend: "attend\n"
    case .instruct(let instruction, let connection, let packet, let body):
      "do \(connection) \(packet) \(body.map { String($0.count) } ?? "-") \(instruction.text)\n"
    case .forwardAll: "forward-all\n"
    case .setRules(let rules): "rules \(rules.count)\n" + rules.map { $0.spelledOut.text + "\n" }.joined()
    case .addRule(let rule): "add-rule \(rule.spelledOut.text)\n"
    case .arm(let isOn): "arm \(isOn ? "on" : "off")\n"
    case .listRules: "list-rules\n"
    case .status: "status\n"
    case .stats: "stats\n"
    }
  }
}

/// Puts requests together from what one peer sends.
struct ControlReader {
  /// Why a line is no request: what was expected.
  struct Refusal: Error, Equatable {
    let words: String

    init(_ words: String) { self.words = words }
    /// Whoever may connect may act, and not have programs started.
    static let asking = Refusal(
      "ask starts a program: write it in the rules that this run was started with")
    init(_ error: SyntaxError) { words = error.message + (error.hint.map { "; \($0)" } ?? "") }
  }

  private var bytes: [UInt8] = []
  /// How much of them has been read, and goes when more comes.
  private var used = 0
  /// Up to where they were looked through in vain for the end of a line.
  private var searched = 0
  /// What is still to come of a request whose first line is there.
  private var rest = Rest.none

  private enum Rest {
    case none
    case rules(left: Int, [Rule], mistake: Refusal?)
    case body(Int, ControlRequest)
  }

  /// A mail's body with some room; what is longer is no request.
  static let longest = 128 << 20
  private static let mostRules = 10_000

  mutating func append(_ more: ArraySlice<UInt8>) {
    bytes.removeFirst(used)
    (used, searched) = (0, searched - used)
    bytes += more
  }

  /// Whether more has come than any request has.
  var isFlooded: Bool { bytes.count > Self.longest }

  /// The next request; nil where more has to come.
  mutating func next() throws(Refusal) -> ControlRequest? {
    while true {
      if case .body(let count, let request) = rest {
        guard bytes.count - used >= count else { return nil }
        rest = .none
        return request.with(body: take(count))
      }
      guard let line = takeLine() else { return nil }
      if let request = try take(line) { return request }
    }
  }

  private mutating func take(_ count: Int) -> [UInt8] {
    defer {
      used += count
      searched = used
    }
    return Array(bytes[used..<used + count])
  }

  private mutating func takeLine() -> String? {
    guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = bytes.count
      return nil
    }
    return String(decoding: take(end + 1 - used).dropLast(), as: UTF8.self)
  }

  private mutating func take(_ line: String) throws(Refusal) -> ControlRequest? {
    if case .rules(let left, let read, let mistake) = rest {
      return try takeRule(line, left, read, mistake)
    }
    let (word, words) = Self.split(line)
    switch word {
    case "attend": return .attend
    case "do": return try instruction(words)
    case "forward-all": return .forwardAll
    case "rules":
      guard let count = Int(words), (0...Self.mostRules).contains(count) else {
        throw Refusal("rules: expected a number of rules up to \(Self.mostRules)")
      }
      if count == 0 { return .setRules([]) }
      rest = .rules(left: count, [], mistake: nil)
      return nil
    case "add-rule":
      return .addRule(try Self.rule(words))
    case "arm":
      guard words == "on" || words == "off" else { throw Refusal("arm: expected on or off") }
      return .arm(words == "on")
    case "list-rules": return .listRules
    case "status": return .status
    case "stats": return .stats
    default:
      throw Refusal("expected attend, do, forward-all, rules, add-rule, arm, list-rules, status or stats")
    }
  }

  private mutating func takeRule(
    _ line: String, _ left: Int, _ read: [Rule], _ mistake: Refusal?
  ) throws(Refusal) -> ControlRequest? {
    var (read, mistake) = (read, mistake)
    do throws(Refusal) { read.append(try Self.rule(line)) } catch { mistake = mistake ?? error }
    guard left == 1 else {
      rest = .rules(left: left - 1, read, mistake: mistake)
      return nil
    }
    rest = .none
    if let mistake { throw mistake }
    return .setRules(read)
  }

  private static func rule(_ text: String) throws(Refusal) -> Rule {
    let rule: Rule
    do throws(SyntaxError) { rule = try Rule(parsing: text) } catch { throw Refusal(error) }
    guard rule.condition.files.isEmpty, rule.instructions.allSatisfy(\.files.isEmpty) else {
      throw Refusal("files are read by whoever asks; give what is in them")
    }
    return rule
  }

  private mutating func instruction(_ text: String) throws(Refusal) -> ControlRequest? {
    let (first, behindFirst) = Self.split(text)
    let (second, behindSecond) = Self.split(behindFirst)
    let (length, words) = Self.split(behindSecond)
    guard let connection = Int(first), let packet = Int(second), connection >= 0, packet >= 0,
      length == "-" || (0...Self.longest).contains(Int(length) ?? -1)
    else {
      throw Refusal("do: expected CONNECTION PACKET BODY INSTRUCTION")
    }
    let instruction: Instruction
    do throws(SyntaxError) { instruction = try Instruction(parsing: words) } catch { throw Refusal(error) }
    guard !instruction.asksSomebody else { throw .asking }
    guard instruction.files.isEmpty else {
      throw Refusal("do: files are read by whoever asks; give what is in them")
    }
    let request = ControlRequest.instruct(instruction, connection: connection, packet: packet, body: nil)
    guard let count = Int(length) else { return request }
    rest = .body(count, request)
    return nil
  }

  private static func split(_ text: String) -> (String, String) {
    guard let blank = text.firstIndex(of: " ") else { return (text, "") }
    return (String(text[..<blank]), String(text[text.index(after: blank)...]))
  }
}

extension ControlRequest {
  fileprivate func with(body: [UInt8]) -> ControlRequest {
    guard case .instruct(let instruction, let connection, let packet, _) = self else { return self }
    return .instruct(instruction, connection: connection, packet: packet, body: body)
  }
}
