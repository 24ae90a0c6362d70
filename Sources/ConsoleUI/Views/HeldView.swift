import Cells
import MilterProtocol
import TraceModel

/// The Held view: everything that waits, the most urgent first.
enum HeldView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
    let columns = model.isDesk ? DeskRow.columns : columns(layout.list.columns, model)
    ListTable.draw(columns, model, empty: emptyWords(model), into: &frame, in: layout) { index in
      guard model.held.indices.contains(index) else { return nil }
      return model.isDesk ? DeskRow.cells(model.held[index], model) : cells(model.held[index], model)
    }
    if model.isDesk, model.list.count == 0 { DeskRow.drawEmpty(model, into: &frame, in: layout.list) }
  }

  /// The desk has words of its own.
  private static func emptyWords(_ model: ConsoleModel) -> String {
    if model.isDesk { return "" }
    return model.isLive
      ? "nothing waits; i holds what an expression takes, such as bodyeob"
      : "nothing waits in a recorded trace"
  }

  private static func columns(_ width: Int, _ model: ConsoleModel) -> [Column] {
    [
      Column("#", .fixed(6), .trailing),
      Column(DisplayText(model.timeoutWords), .fixed(max(8, model.timeoutWords.count)), .trailing),
      Column("waiting", .fixed(7), .trailing, priority: 3),
      Column("conn", .fixed(6), priority: 2),
      Column("", .fixed(1)),
      Column("stage", .fixed(8)),
      Column("packet", .flexible(minimum: 18)),
      Column("held by", width < 100 ? .fixed(12) : .flexible(minimum: 24), priority: 1),
    ]
  }

  private static func cells(_ entry: HeldEntry, _ model: ConsoleModel) -> [DisplayText] {
    let row = model.trace.index[entry.row]
    let packet = model.trace.packetAsItLeaves(at: entry.row)
    let name = row.message > 0 ? "c\(row.connection).\(row.message)" : "c\(row.connection)"
    let isFromMTA = row.sender == .mta
    return [
      DisplayText(String(entry.number), style: .dim), countdown(entry, model),
      DisplayText(entry.waited(at: model.now), style: .dim),
      DisplayText(name, style: Style(.connection(row.connection))),
      DisplayText(isFromMTA ? "→" : "←", style: Style(isFromMTA ? .fromMTA : .fromMilter)),
      DisplayText(TimelineView.stage(row), style: Style(.keyword)),
      packet.map { PacketWords.text(of: $0, columns: 200) } ?? "",
      DisplayText(Remarks.who(entry.cause), style: Style(.rule)),
    ]
  }

  /// Red in the last ten seconds; the words say the same.
  static func countdown(_ entry: HeldEntry, _ model: ConsoleModel) -> DisplayText {
    guard let words = entry.countdown(at: model.now), let deadline = entry.deadline else {
      return DisplayText("never", style: .dim)
    }
    let isNear = (deadline - model.now).microseconds < 10_000_000
    return DisplayText("in " + words, style: Style(isNear ? .bad : .held, .bold))
  }
}
