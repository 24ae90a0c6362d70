import Cells
import Mail
import MilterProtocol
import TraceModel

/// The Timeline: a row a packet, and one for a connection that ended without any.
enum TimelineView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
    let columns = PacketColumns(
      width: layout.list.columns, digits: digits(model),
      timeColumns: timeColumns(model, width: layout.list.columns), nameColumns: nameColumns(model))
    if !layout.headings.isEmpty {
      columns.drawHeadings(into: &frame, in: layout.headings)
      drawPlace(model, columns, into: &frame, in: layout.headings)
    }
    let list = model.timelineList
    if list.count == 0 { return drawEmpty(model, into: &frame, in: layout.list) }
    for (row, line) in list.visible.enumerated() {
      let rect = layout.list.line(row)
      guard !rect.isEmpty, line < model.rows.count else { continue }
      switch model.rows[line] {
      case .packet(let row):
        let packet = packetLine(model, row: row, line: line, columns: columns)
        columns.draw(packet, slow: model.settings.slow, into: &frame, in: rect)
      case .silent(let place):
        let connection = ConnectionLine(model.trace.index.silent[place], model.trace)
        let time = time(connection.time, line: line, columns: columns, model)
        columns.draw(connection, time: time, into: &frame, in: rect)
      }
      if line == list.cursor {
        frame.add(model.focus == .list ? .selected : .selectedElsewhere, in: rect)
      }
    }
  }

  private static func digits(_ model: ConsoleModel) -> Int {
    guard model.trace.count > 0 else { return 4 }
    return max(4, String(model.trace.index.number(at: model.trace.count - 1)).count)
  }

  /// Of `c7.1`: what the numbers of connections and mails need, so that the columns stand still from page to page.
  /// `c12.3`, as wide as the largest of the trace.
  static func nameColumns(_ model: ConsoleModel) -> Int {
    // A trace that was cut out of another has few connections of high numbers; the last is about the highest.
    let connections = String(model.trace.connections.last?.number ?? 0).count
    return max(5, min(11, 2 + connections + min(3, String(model.trace.messages.count).count)))
  }

  private static func timeColumns(_ model: ConsoleModel, width: Int) -> Int {
    switch model.settings.time {
    // Neighbours differ in their milliseconds alone; they go only where the list is narrower than any beside a detail.
    case .clock: width < 62 ? 8 : 12
    case .start: model.trace.lastMoment.microseconds >= 3_600_000_000 ? 12 : 9
    case .delta: 8
    }
  }

  /// At the right of the headings: how much is shown of how much, and by which filter.
  private static func drawPlace(
    _ model: ConsoleModel, _ columns: PacketColumns, into frame: inout Frame, in rect: Rect
  ) {
    let count = NumberText.grouped(model.trace.count)
    var place = DisplayText(count, style: .dim)
    let filter = model.filter.map { DisplayText($0.text, style: Style(.prompt)) } ?? DisplayText()
    let shown = NumberText.grouped(model.rows.count)
    let busy = model.isBusy ? " …" : ""
    if let freeze = model.freeze {
      let frozen = NumberText.grouped(freeze.packets)
      let more = NumberText.grouped(model.trace.count - freeze.packets)
      let part = model.filter == nil ? frozen : "\(shown) of \(frozen)\(busy)"
      place = DisplayText("\(part), \(more) more", style: Style(.frozen))
    } else if model.filter != nil {
      place = DisplayText("\(shown) of \(count)\(busy)", style: .dim)
    } else if model.trace.isBehind {
      place = DisplayText("reading, \(count) …", style: .dim)
    }
    let room = rect.columns - columns.textPlace.lowerBound - 8
    guard room > 10 else { return }
    // Whether it follows may take the heading's room; a filter needs some as well.
    let whole = columns.textPlace.count
    let leastFilter = filter.isEmpty ? 0 : min(filter.width, 12) + 2
    place += followWords(model).first { place.width + $0.width + leastFilter <= whole } ?? ""
    var taken = place.width + leastFilter > room ? whole : room
    // A filter that is longer takes the room of the headings in front as well, up to that of the time.
    let wanted = filter.width + 2 + place.width
    if !filter.isEmpty, wanted > taken {
      let starts = columns.places.dropFirst(3).compactMap { $0?.lowerBound }
      taken = rect.columns - (starts.last { rect.columns - $0 >= wanted } ?? starts.first ?? 0)
    }
    // The counts stay whole; a still longer expression is cut.
    let filterRoom = max(0, min(filter.width, taken - place.width - 2))
    let text = filter.isEmpty ? place : filter.fitted(to: filterRoom) + "  " + place
    let shownText = taken > room ? text.fitted(to: taken, .trailing) : text
    frame.put(shownText, at: Point(column: rect.endColumn - shownText.width, row: rect.row))
  }

  /// Whether the newest packet is kept in sight; where not, how much is below and which key follows. The longest words
  /// come first.
  private static func followWords(_ model: ConsoleModel) -> [DisplayText] {
    guard model.isLive, !model.isFrozen, model.trace.count > 0 else { return [] }
    if model.settings.follow { return [DisplayText(", following", style: .dim)] }
    let key = model.keymap.key(for: .follow, in: .timeline).map { ", \($0) follows" } ?? ""
    let below = model.timelineList.count - model.timelineList.visible.upperBound
    guard below > 0 else { return [DisplayText(key, style: .dim)] }
    let number = NumberText.grouped(below)
    return [", \(number) newer below", ", \(number) newer", " +\(number)"].map {
      DisplayText($0, style: Style(.warn)) + DisplayText(key, style: .dim)
    }
  }

  private static func drawEmpty(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    let words: String
    if model.filter != nil {
      words = model.isBusy ? "filtering …" : "no packet matches the filter; f changes it, Esc takes it off"
    } else {
      words = model.waitingWords
    }
    frame.put(
      DisplayText(words, style: Style(.placeholder)), in: rect.line(min(1, rect.rows - 1)).inset(columns: 2))
    guard model.filter == nil, model.showsSetUp else { return }
    for (row, line) in setUp(model, width: rect.columns - 4).enumerated() where 3 + row < rect.rows {
      frame.put(line, in: rect.line(3 + row).inset(columns: 2))
    }
  }

  /// The lines that make an MTA connect, whole where they fit, so that the terminal's own selection copies them.
  private static func setUp(_ model: ConsoleModel, width: Int) -> [DisplayText] {
    var lines: [DisplayText] = []
    for line in model.setUp {
      lines.append(DisplayText(line.file, style: .dim))
      lines += DisplayText(line.text).wrapped(to: max(8, width - 2)).map { "  " + $0 }
      lines.append("")
    }
    for remark in model.setUpRemarks { lines += DisplayText(remark, style: .dim).wrapped(to: max(8, width)) }
    return lines
  }

  private static func packetLine(
    _ model: ConsoleModel, row: Int, line: Int, columns: PacketColumns
  ) -> PacketLine {
    let index = model.trace.index
    let entry = index[row]
    let packet = model.trace.packetAsItLeaves(at: row)
    let room = columns.textPlace.count + 2
    let isMacro = entry.kind == .command(.macro)
    return PacketLine(
      number: entry.number, time: time(entry.time, line: line, columns: columns, model), took: entry.took,
      connection: entry.connection, message: entry.message, sender: entry.sender,
      stage: stage(entry), stageRole: isMacro || entry.sender == .milter ? .dim : .keyword,
      text: packet.map { PacketWords.text(of: $0, columns: room) }
        ?? DisplayText("cannot be read back", style: Style(.bad)),
      macros: model.showsMacros(of: entry) ? 0 : macroCount(row, model),
      isUnfolded: isMacro && entry.foldsInto != nil && model.filter == nil, flags: entry.flags,
      wait: wait(row, model), severity: entry.severity,
      ending: model.trace.abruptEnding(at: row, entry.kind)?.badge)
  }

  /// `forwards in 24s`, where the packet is held and does not wait for ever.
  private static func wait(_ row: Int, _ model: ConsoleModel) -> PacketLine.Wait? {
    guard let left = model.heldEntry(at: row)?.countdown(at: model.now) else { return nil }
    return PacketLine.Wait(act: model.timeoutWords, left: left)
  }

  /// The command, or the one that a reply answers; what answers nothing says what it is.
  static func stage(_ entry: TimelineRow) -> String {
    switch entry.kind {
    case .command(let kind): kind.name
    case .reply(let kind): entry.stage?.name ?? kind.name
    case .unknown, .empty: entry.kind.name
    }
  }

  private static func time(
    _ time: Moment, line: Int, columns: PacketColumns, _ model: ConsoleModel
  ) -> String {
    switch model.settings.time {
    case .clock:
      let above = line > 0 ? self.time(ofLine: line - 1, model) : nil
      return model.trace.clock(time, below: above, columns: columns.timeColumns)
    case .start: return TimeText.sinceStart(time)
    case .delta:
      guard line > 0 else { return "" }
      return "+" + TimeText.span(time - self.time(ofLine: line - 1, model))
    }
  }

  private static func time(ofLine line: Int, _ model: ConsoleModel) -> Moment {
    switch model.rows[line] {
    case .packet(let row): model.trace.index.time(at: row)
    case .silent(let place): ConnectionLine(model.trace.index.silent[place], model.trace).time
    }
  }

  /// How many values the macro packets folded into the row announce.
  private static func macroCount(_ row: Int, _ model: ConsoleModel) -> Int {
    model.trace.index.macroRows(of: row).reduce(0) { sum, macros in
      guard let packet = model.trace.packet(at: macros),
        case .macro(_, let strings) = Dissection(packet).shape
      else { return sum }
      return sum + (StringList(strings, of: packet).reduce(0) { count, _ in count + 1 } + 1) / 2
    }
  }
}

extension ConsoleModel {
  fileprivate func showsMacros(of entry: TimelineRow) -> Bool {
    entry.macros == nil || settings.macros == .unfolded || unfolded.contains(entry.number)
  }
}
