import MilterProtocol

/// A line with the text that it is of: what can be said about it.
struct Reading {
  let match: LogTable.Match
  let message: LogMessage
  let line: LogLine

  init(_ match: LogTable.Match, _ message: LogMessage, _ line: LogLine) {
    (self.match, self.message, self.line) = (match, message, line)
  }

  var text: LogText { match.text }
  var socket: MilterSocket? { value("milter").map { MilterSocket($0) } }
  var isPostfix: Bool { text.speaker == .postfix }

  /// What a gap of the text holds, safe to print.
  func value(_ name: String) -> String? {
    match.values[name].map { InertText.string(escaping: Array($0.utf8)) }
  }

  /// - Parameter cause: an earlier failure of the same process, in its words.
  func explanation(after cause: String?) -> Explanation {
    var explanation = Explanation(meaning: filled(text.meaning), said: said, facts: facts, text: text)
    switch text.advice {
    case .connecting: explanation.take(connecting)
    case .reading: explanation.take(reading)
    case .length: explanation.take(length)
    case .finding(let id): explanation.take(finding(id))
    case .told(let counsel): explanation.take(Told(counsel))
    case .progress: break
    case .consequence: follow(cause, &explanation)
    case .verdict: judge(cause, &explanation)
    }
    return explanation
  }

  private var facts: Explanation.Facts {
    Explanation.Facts(
      milter: value("milter") ?? value("name"), stage: stage,
      queue: message.queue.flatMap { $0 == "NOQUEUE" ? nil : $0 },
      client: value("client"), reply: value("reply"), time: line.time)
  }

  /// Name of the stage in the milter protocol; nil where the line names none.
  var stage: String? {
    guard let word = match.values["event"] ?? match.values["stage"] else { return nil }
    return Self.stage(word)
  }

  private static func stage(_ word: String) -> String? {
    let name = word.hasPrefix("SMFIC_") ? String(word.dropFirst(6)) : word.uppercased()
    switch name {
    case "EHLO", "HELO": return "HELO"
    case "END-OF-MESSAGE", "EOM", "EOB", "BODYEOB": return "BODYEOB"
    case "NEGOTIATE", "OPTNEG": return "OPTNEG"
    case "CONNECT", "MAIL", "RCPT", "DATA", "HEADER", "EOH", "BODY", "UNKNOWN": return name
    default: return nil
    }
  }

  private func filled(_ words: String) -> String {
    var filled = ""
    var rest = words[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      filled += rest[..<open]
      filled += value(String(rest[rest.index(after: open)..<close])) ?? "…"
      rest = rest[rest.index(after: close)...]
    }
    return filled + rest
  }

  private var said: String {
    let program = line.program.flatMap { $0.split(separator: "/").last.map(String.init) }
    let inert = program.map { InertText.string(escaping: Array($0.utf8)) }
    let who = [text.speaker.name, inert.flatMap { $0.lowercased() == text.speaker.rawValue ? nil : $0 }]
      .compactMap { $0 }
    let when = stage.map { ", at \($0)\(Self.place($0))" } ?? ""
    return who.joined(separator: " ") + when + " (\(text.source))"
  }

  private static func place(_ stage: String) -> String {
    switch stage {
    case "OPTNEG": ", the first packet of a connection"
    case "BODYEOB": ", the end of the message"
    default: ""
    }
  }

  private func follow(_ cause: String?, _ explanation: inout Explanation) {
    explanation.follows = cause
    guard cause == nil else { return }
    explanation.causes = ["the line before it, of the same process, says why"]
    explanation.check = "grep the log for the process number, and read the first of its warnings"
    explanation.write = "mitmilter explain < those lines"
  }

  private func finding(_ id: String) -> Told {
    let rule = FindingRule.withID(id)
    let others = LogExpectation.rules(of: text).filter { $0.id != id }.map { "\($0.id), \($0.title)" }
    let more = others.isEmpty ? "" : "; or \(others.joined(separator: "; "))"
    return Told(
      Counsel(
        ["the milter does that each time it comes to this stage: its program has to change, not the MTA"],
        check:
          "mitmilter proxy … -w FILE between them, then mitmilter lint FILE: it is \(id)\(rule.map { ", \($0.title)" } ?? "")\(more)",
        write: "in the milter: \(rule.map(\.cure) ?? "")"))
  }
}

/// Counsel, and what the line means beyond what its text says.
struct Told {
  var counsel: Counsel
  /// Put behind the meaning.
  var more: String?

  init(_ counsel: Counsel, more: String? = nil) { (self.counsel, self.more) = (counsel, more) }
}

extension Explanation {
  mutating func take(_ told: Told) {
    if let more = told.more { meaning += " " + more }
    causes = told.counsel.causes
    check = told.counsel.check
    write = told.counsel.write
  }
}
