import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// A mail before and after the modifications, line by line: envelope, headers, and the body where it was replaced.
struct DeliveredDiff {
  private(set) var lines: [Line] = []
  let result: EffectiveResult

  struct Line {
    var sign: Sign
    /// Safe to print, on one line.
    var text: String
  }

  enum Sign: String { case kept = " ", removed = "-", added = "+" }

  /// Longer lines end with an ellipsis.
  private static let lineLimit = 300

  init(of content: MessageContent, under rules: KnownMTA) {
    result = EffectiveResult(of: content, under: rules)
    if let sender = result.sender { add("MAIL FROM", sender) }
    for recipient in result.recipients { add("RCPT TO", recipient) }
    for header in result.headers where !header.isOwnReceived {
      add(header.line, header.before.map { $0.name + [0x3A] + $0.text }, header.change)
    }
    if !result.bodyPackets.isEmpty { addBody() }
    if let quarantine = result.quarantine { add(.added, Array("quarantine: ".utf8) + quarantine.reason) }
  }

  /// What is compared with what, where the mail did not end otherwise.
  func title(_ assumption: String) -> String {
    let mta = result.rules.name
    let head = "before and after, as \(mta)"
    return switch result.fate {
    case .delivered: "\(head) delivers it\(assumption)"
    case .held: "\(head) holds it\(assumption)"
    case .pending: "\(head) would deliver it\(assumption)"
    case .aborted: "\(head) would have delivered it\(assumption), had the client not taken it back"
    case .lost: "\(head) would have delivered it\(assumption), had the connection not ended without a verdict"
    case .discarded: "\(head) would have delivered it\(assumption), had it not been thrown away"
    case .rejected, .tempfailed, .failed:
      "\(head) would have delivered it\(assumption), had it not been refused"
    }
  }

  private mutating func add(_ name: String, _ line: EffectiveResult.AddressLine) {
    func bytes(_ envelope: Envelope) -> [UInt8] {
      Array("\(name): ".utf8) + Array(([envelope.address] + envelope.arguments).joined(separator: [0x20]))
    }
    add(bytes(line.envelope), line.before.map(bytes), line.change)
  }

  private mutating func add(_ line: [UInt8], _ before: [UInt8]?, _ change: EffectiveResult.Change) {
    switch change {
    case .kept: add(.kept, line)
    case .added: add(.added, line)
    case .removed: add(.removed, line)
    case .changed:
      if let before { add(.removed, before) }
      add(.added, line)
    }
  }

  private mutating func addBody() {
    add(.kept, [])
    for line in BodyDiff(from: result.bodyBefore, to: result.body).lines {
      switch line {
      case .kept(let range): add(.kept, result.body[range].filter { $0 != 0x0A })
      case .removed(let range): add(.removed, result.bodyBefore[range].filter { $0 != 0x0A })
      case .added(let range): add(.added, result.body[range].filter { $0 != 0x0A })
      }
    }
  }

  private mutating func add(_ sign: Sign, _ bytes: [UInt8]) {
    let scalars = InertText.string(escaping: bytes).unicodeScalars
    let shown = String(String.UnicodeScalarView(scalars.prefix(Self.lineLimit)))
    lines.append(Line(sign: sign, text: scalars.count > Self.lineLimit ? shown + "…" : shown))
  }
}
