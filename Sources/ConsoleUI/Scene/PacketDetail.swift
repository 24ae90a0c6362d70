import Cells
import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// Everything about one packet that the detail pane may show.
struct PacketDetail {
  var row: Int
  var number: Int
  var packet: Packet
  var connection: Int
  /// Within the connection; 0 for none.
  var message: Int
  var stage: Stage?
  /// Of a reply: number of the command that it answers.
  var answers: Int?
  /// Of a command: numbers of the macro packets folded into it.
  var macros: [Int]
  /// Of a command: number of the reply that settled it, and how it reads.
  var reply: Int?
  var time: Moment
  var took: Moment.Span?
  var flags: PacketFlags
  /// Facts of the connection as they are after the packet.
  var facts: SessionFacts
  var findings: [Finding]
  /// Records about the packet that are no packet of their own: held, released, edited, instructed, noted.
  var remarks: [Record]
  /// Which MTA the connection is with, as far as anything in it tells.
  var mta: KnownMTA?
  /// What ended its connection, and when; nil while that is open.
  var ending: (time: Moment, closed: Closed)?

  /// What an MTA's log says of it depends on.
  func place(in trace: TraceView) -> LogPlace {
    trace.index.place(of: packet, at: row, facts, from: trace.source)
  }

  /// `packet 120 · reply to RCPT`.
  var title: DisplayText {
    let name: String
    switch packet.kind {
    case .command(let kind): name = kind.name
    case .reply(let reply): name = stage.map { "reply to \($0.name)" } ?? reply.name
    case .unknown, .empty: name = packet.kind.name
    }
    return DisplayText("packet \(number) · \(name)")
  }
}
