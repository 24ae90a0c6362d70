import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

/// Records about a packet in words.
enum Remarks {
  /// nil for what is shown elsewhere: findings, notes, marks.
  static func words(_ record: Record) -> (Moment, DisplayText)? {
    words(record.event).map { (record.time, $0) }
  }

  private static func words(_ event: Record.Event) -> DisplayText? {
    switch event {
    case .held(let held): "held by \(who(held.cause))"
    case .released(let released): "\(released.outcome.rawValue) by \(who(released.cause))"
    case .sent(let sent):
      if sent.packet == nil {
        "sent to the \(sent.leg == .mta ? "MTA" : "milter") as it came"
      } else {
        "sent to the \(sent.leg == .mta ? "MTA" : "milter") changed by \(who(sent.cause)): \(PacketWords.plain(sent.packet))"
      }
    case .instructed(let instructed):
      if let refusal = instructed.refusal {
        DisplayText("refused: \(instructed.text): \(refusal.text)", style: Style(.bad))
      } else {
        "\(instructed.text), by \(who(instructed.cause))"
      }
    case .opened, .received, .passed, .found, .noted, .marked, .closed: nil
    }
  }

  static func who(_ cause: Cause) -> String {
    switch cause {
    case .operator: "the operator"
    case .rule(Rule.breakpointName): "your hold"
    case .rule(let name): "rule \(name)"
    case .policy(let words): words.text
    case .timeout: "the deadline"
    }
  }
}

extension PacketWords {
  fileprivate static func plain(_ packet: Packet?) -> String {
    packet.map { $0.kind.name + " " + plain($0) } ?? ""
  }
}
