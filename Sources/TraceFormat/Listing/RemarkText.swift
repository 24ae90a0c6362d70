import MilterProtocol
import TraceModel

/// Records that are no packets, in words.
enum RemarkText {
  /// - Parameter clock: prints a moment as time of day.
  static func words(_ event: Record.Event, at clock: (Moment) -> String) -> String {
    switch event {
    case .opened(let opened): words(opened)
    case .passed(let passed): words(passed)
    case .held(let held):
      "hold \(held.number) by \(cause(held.cause))"
        + (held.deadline.map { ", until \(clock($0))" } ?? ", until somebody decides")
        + (held.client.map { ", the SMTP client waits until \(clock($0))" } ?? "")
    case .released(let released):
      "release \(released.number): \(released.outcome.rawValue) by \(cause(released.cause))"
    case .sent(let sent):
      "send \(sent.original.map(String.init) ?? "?") to \(sent.leg.name) as it came, by \(cause(sent.cause))"
    case .instructed(let instructed): words(instructed)
    case .found(let finding):
      "\(ListingText.mark(finding)) \(finding.severity.name)\(about(finding.packet)): \(inert(finding.text))"
        + ListingText.origin(finding)
    case .noted(let text, let packet): "note\(about(packet)): \(inert(text.text))"
    case .marked(let packet, let on): on ? "mark \(packet)" : "unmark \(packet)"
    case .closed(let closed): words(closed)
    case .received(let received): "packet \(received.number)"
    }
  }

  private static func words(_ opened: Opened) -> String {
    "open " + (opened.tap.map { "at \(inert($0)), " } ?? "")
      + "\(inert(opened.peer)) → \(inert(opened.local))"
      + (opened.milter.map { ", milter at \(inert($0))" } ?? "")
      + (opened.shadowOf.map { ", shadow of c\($0)" } ?? "")
  }

  private static func words(_ passed: Passed) -> String {
    let why =
      switch passed.reason {
      case .oversized: "part of a packet too long to keep whole"
      case .incomplete: "a packet cut short by the end of the connection"
      case .foreign: "no milter protocol"
      case .unframed: "where no packet is known to begin"
      }
    let start = InertText.string(escaping: passed.bytes.prefix(shown), quote: "\"")
    let more = passed.bytes.count > shown ? "…" : ""
    let unit = passed.bytes.count == 1 ? "byte" : "bytes"
    return "pass \(passed.bytes.count) \(unit) from \(passed.sender.name), \(why): \"\(start)\(more)\""
  }

  private static func words(_ instructed: Instructed) -> String {
    let refusal = instructed.refusal.map { ", refused: \(inert($0.text))" } ?? ""
    return
      "instruction\(about(instructed.packet)) by \(cause(instructed.cause)): \(inert(instructed.text))\(refusal)"
  }

  private static func words(_ closed: Closed) -> String {
    switch closed.how {
    case .peer: "close by \(closed.leg.name)"
    case .error(let name): "close, connection to \(closed.leg.name) failed: \(inert(name))"
    case .unreachable(let why): "close, \(closed.leg.name) could not be reached: \(inert(why.text))"
    case .ours(let why): "close to \(closed.leg.name), ours: \(inert(why.text))"
    }
  }

  private static func about(_ packet: Int?) -> String { packet.map { " on \($0)" } ?? "" }
  private static func cause(_ cause: Cause) -> String { ListingText.words(cause) }
  private static func inert(_ text: String) -> String { ListingText.inert(text) }

  /// Bytes of what is no packet that a line shows.
  private static let shown = 60
}
