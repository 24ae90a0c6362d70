import Cells
import Mail
import MilterProtocol
import Timeline
import TraceModel

extension TimelinePane {
  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    let width = layout.list.columns
    let columns = PacketColumns(
      width: width, digits: digits(scene.trace), timeColumns: timeColumns(scene, width: width),
      nameColumns: scene.trace.nameColumns)
    if !layout.headings.isEmpty {
      columns.drawHeadings(into: &frame, in: layout.headings)
      drawPlace(scene, columns, into: &frame, in: layout.headings)
    }
    if list.count == 0 { return drawEmpty(scene, into: &frame, in: layout.list) }
    for (row, line) in list.visible.enumerated() {
      let rect = layout.list.line(row)
      guard !rect.isEmpty, line < rows.count else { continue }
      switch rows[line] {
      case .packet(let row):
        let packet = packetLine(scene, row: row, line: line, columns: columns)
        columns.draw(packet, slow: scene.settings.slow, into: &frame, in: rect)
      case .silent(let place):
        let connection = ConnectionLine(scene.trace.index.silent[place], scene.trace)
        let time = time(connection.time, line: line, columns: columns, scene)
        columns.draw(connection, time: time, into: &frame, in: rect)
      }
      drawCursor(at: line, hasKeys: hasKeys, into: &frame, in: rect)
    }
  }

  private func digits(_ trace: TraceView) -> Int {
    guard trace.count > 0 else { return 4 }
    let digits = String(trace.index.number(at: trace.count - 1)).count
    // In steps of two, so that the columns stand still while numbers grow.
    return max(4, digits + digits % 2)
  }

  private func timeColumns(_ scene: Scene, width: Int) -> Int {
    switch scene.settings.time {
    // Neighbours differ in their milliseconds alone; they go only where the list is narrower than any beside a detail.
    case .clock: width < 62 ? 8 : 12
    case .start: scene.trace.lastMoment.microseconds >= 3_600_000_000 ? 12 : 9
    case .delta: 8
    }
  }

  /// At the right of the headings: how much is shown of how much, and by which filter.
  private func drawPlace(
    _ scene: Scene, _ columns: PacketColumns, into frame: inout Frame, in rect: Rect
  ) {
    let count = NumberText.grouped(scene.trace.count)
    var place = DisplayText(count, style: .dim)
    let filter = scene.scope.filter.map { DisplayText($0.text, style: Style(.prompt)) } ?? DisplayText()
    let shown = NumberText.grouped(rows.count)
    let busy = scene.isBusy ? " …" : ""
    if let freeze = scene.scope.freeze {
      let frozen = NumberText.grouped(freeze.packets)
      let more = NumberText.grouped(scene.trace.count - freeze.packets)
      let part = scene.scope.filter == nil ? frozen : "\(shown) of \(frozen)\(busy)"
      place = DisplayText("\(part), \(more) more", style: Style(.frozen))
    } else if scene.scope.filter != nil || scene.scope.start != nil {
      place = DisplayText("\(shown) of \(count)\(busy)", style: .dim)
    } else if scene.trace.isBehind {
      place = DisplayText("reading, \(count) …", style: .dim)
    }
    let room = rect.columns - columns.textPlace.lowerBound - 8
    guard room > 10 else { return }
    // Whether it follows may take the heading's room; a filter needs some as well.
    let whole = columns.textPlace.count
    let leastFilter = filter.isEmpty ? 0 : min(filter.width, 12) + 2
    place += followWords(scene).first { place.width + $0.width + leastFilter <= whole } ?? ""
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
  private func followWords(_ scene: Scene) -> [DisplayText] {
    guard scene.trace.isLive, scene.scope.freeze == nil, scene.trace.count > 0 else { return [] }
    if isFollowing(scene) { return [DisplayText(", following", style: .dim)] }
    let key = scene.keymap.key(for: .follow, in: .timeline).map { ", \($0) follows" } ?? ""
    let below = list.count - list.visible.upperBound
    guard below > 0 else { return [DisplayText(key, style: .dim)] }
    let number = NumberText.grouped(below)
    return [", \(number) newer below", ", \(number) newer", " +\(number)"].map {
      DisplayText($0, style: Style(.warn)) + DisplayText(key, style: .dim)
    }
  }

  private func drawEmpty(_ scene: Scene, into frame: inout Frame, in rect: Rect) {
    let words: String
    if scene.scope.filter != nil {
      words = scene.isBusy ? "filtering …" : "no packet matches the filter; f changes it, Esc takes it off"
    } else {
      words = scene.scope.start == nil ? scene.trace.waitingWords : "cleared; what comes is shown here"
    }
    drawPlaceholder(words, into: &frame, in: rect)
    guard scene.scope.filter == nil, showsSetUp(scene) else { return }
    for (row, line) in setUpLines(width: rect.columns - 4).enumerated() where 3 + row < rect.rows {
      frame.put(line, in: rect.line(3 + row).inset(columns: 2))
    }
  }

  /// The lines that make an MTA connect, whole where they fit, so that the terminal's own selection copies them.
  private func setUpLines(width: Int) -> [DisplayText] {
    var lines: [DisplayText] = []
    for line in setUp {
      lines.append(DisplayText(line.file, style: .dim))
      lines += DisplayText(line.text).wrapped(to: max(8, width - 2)).map { "  " + $0 }
      lines.append("")
    }
    for remark in setUpRemarks { lines += DisplayText(remark, style: .dim).wrapped(to: max(8, width)) }
    return lines
  }

  private func packetLine(
    _ scene: Scene, row: Int, line: Int, columns: PacketColumns
  ) -> PacketLine {
    let trace = scene.trace
    let entry = trace.index[row]
    let packet = trace.packetAsItLeaves(at: row)
    let room = columns.textPlace.count + 2
    let isMacro = entry.kind == .command(.macro)
    return PacketLine(
      entry: entry, time: time(entry.time, line: line, columns: columns, scene),
      text: packet.map { PacketWords.text(of: $0, columns: room) }
        ?? DisplayText("cannot be read back", style: Style(.bad)),
      macros: showsMacros(of: entry, scene.settings) ? 0 : macroCount(row, trace),
      isUnfolded: isMacro && entry.foldsInto != nil && scene.scope.filter == nil,
      wait: trace.heldEntry(at: row).flatMap { words(of: $0, trace) },
      due: trace.due(about: entry.number).map {
        PacketLine.Wait(long: $0.words(at: trace.now), short: $0.shortWords(at: trace.now))
      },
      ending: trace.abruptEnding(at: row, entry.kind)?.badge)
  }

  /// What happens to a held packet unasked, or who leaves, and when: `forwards`, `24s`.
  private func words(of entry: HeldEntry, _ trace: TraceView) -> PacketLine.Wait? {
    switch entry.limit(at: trace.now) {
    case .unasked(let left): PacketLine.Wait(long: "\(trace.timeoutWords) in \(left)", short: left)
    case .client(let left): PacketLine.Wait(long: "client leaves in \(left)", short: left)
    case .clientLeft: PacketLine.Wait(long: "client left?", short: "client?")
    case .none: nil
    }
  }

  private func time(
    _ time: Moment, line: Int, columns: PacketColumns, _ scene: Scene
  ) -> String {
    switch scene.settings.time {
    case .clock:
      let above = line > 0 ? self.time(ofLine: line - 1, scene.trace) : nil
      return scene.trace.clock(time, below: above, columns: columns.timeColumns)
    case .start: return TimeText.sinceStart(time)
    case .delta:
      guard line > 0 else { return "" }
      return "+" + TimeText.span(time - self.time(ofLine: line - 1, scene.trace))
    }
  }

  private func time(ofLine line: Int, _ trace: TraceView) -> Moment {
    switch rows[line] {
    case .packet(let row): trace.index.time(at: row)
    case .silent(let place): ConnectionLine(trace.index.silent[place], trace).time
    }
  }

  private func showsMacros(of entry: TimelineRow, _ settings: Settings) -> Bool {
    entry.macros == nil || settings.macros == .unfolded || unfolded.contains(entry.number)
  }

  /// How many values the macro packets folded into the row announce.
  private func macroCount(_ row: Int, _ trace: TraceView) -> Int {
    trace.index.macroRows(of: row).reduce(0) { sum, macros in
      guard let packet = trace.packet(at: macros),
        case .macro(_, let strings) = Dissection(packet).shape
      else { return sum }
      return sum + (StringList(strings, of: packet).reduce(0) { count, _ in count + 1 } + 1) / 2
    }
  }
}

extension TimelineRow {
  /// `c7.1`: the mail that it belongs to; its connection where it belongs to none.
  var name: String { message > 0 ? "c\(connection).\(message)" : "c\(connection)" }

  /// The command, or the one that a reply answers; what answers nothing says what it is.
  var stageName: String {
    switch kind {
    case .command(let kind): kind.name
    case .reply(let kind): stage?.name ?? kind.name
    case .unknown, .empty: kind.name
    }
  }
}
