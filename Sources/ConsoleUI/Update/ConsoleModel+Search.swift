import Cells
import MilterProtocol
import TraceModel

extension ConsoleModel {
  mutating func startSearch(_ text: String) -> [ConsoleEffect] {
    search = Search(text)
    return search(step: 1, count: 1)
  }

  /// To the next match in the list on screen, or the one before. Lists without packets leave for the Timeline.
  mutating func search(step: Int, count: Int) -> [ConsoleEffect] {
    guard let search else { return refuse("nothing was searched for; / does") }
    self.search?.isMarked = true
    if let helpTop {
      return searchHelp(for: search, from: helpMatch ?? helpTop - step, step: step, count: count)
    }
    if focus == .detail { return searchDetail(for: search, step: step, count: count) }
    switch view {
    case .timeline, .messages, .findings: break
    case .held, .rules, .stats: show(.timeline)
    }
    guard list.count > 0 else { return refuse("nothing is shown that could be searched") }
    let lines = list.count
    self.search?.view = self.view
    self.search?.step = step
    self.search?.left = lines
    self.search?.skips = count - 1
    let first = wrapped(list.cursor + step)
    self.search?.next = first
    return advanceSearch()
  }

  /// To the next line of the detail that says it, around its end.
  private mutating func searchDetail(for search: Search, step: Int, count: Int) -> [ConsoleEffect] {
    let lines = detail.list.count
    let width = detail.made?.width ?? size.columns
    let start = detail.list.cursor
    guard lines > 0 else { return refuse("nothing is shown that could be searched") }
    let places = (1...lines).map { ((start + $0 * step) % lines + lines) % lines }
    let found = places.filter { place in
      detail.line(place, width: width).map { search.matches($0.text.plainBytes) } ?? false
    }
    guard !found.isEmpty else {
      return refuse("'\(search.text)' is nowhere in the \(tab.title) of this; Tab, and n searches the list")
    }
    let line = found[(max(1, count) - 1) % found.count]
    detail.list.reveal(line)
    let passedEnd = step > 0 ? line <= start : line >= start
    status = passedEnd ? StatusMessage(.done, found.count == 1 ? "nowhere else here" : "around the end") : nil
    return []
  }

  /// To the next line of the help that says it, around its end.
  private mutating func searchHelp(for search: Search, from start: Int, step: Int, count: Int)
    -> [ConsoleEffect]
  {
    let lines = helpLines(width: size.columns)
    let places = (1...lines.count).map { ((start + $0 * step) % lines.count + lines.count) % lines.count }
    let found = places.filter { search.matches(lines[$0].plainBytes) }
    guard !found.isEmpty else { return refuse("'\(search.text)' is nowhere in the help") }
    let line = found[(max(1, count) - 1) % found.count]
    helpMatch = line
    if !((helpTop ?? 0)..<(helpTop ?? 0) + helpHeight).contains(line) {
      helpTop = max(0, min(line - helpHeight / 2, lines.count - helpHeight))
    }
    return []
  }

  private func wrapped(_ line: Int) -> Int { (line % list.count + list.count) % list.count }

  /// Looks at some lines more, as long as the operator stays with the list.
  mutating func advanceSearch() -> [ConsoleEffect] {
    guard let search, var line = search.next else { return [] }
    guard search.view == view else {
      self.search?.next = nil
      return []
    }
    var left = search.left
    var room = ConsoleModel.sliceSearched
    while room > 0 {
      if left <= 0 || line >= list.count {
        self.search?.next = nil
        return refuse("'\(search.text)' is nowhere in the \(view.searched) shown")
      }
      let looked = look(for: search, line: line)
      room -= looked.cost
      if looked.isMatch {
        if self.search?.skips == 0 { return found(line) }
        self.search?.skips -= 1
      }
      line = wrapped(line + search.step)
      left -= 1
    }
    self.search?.next = line
    self.search?.left = left
    status = StatusMessage(.hint, "searching for '\(search.text)' …")
    return []
  }

  /// Whether the line says it, and how many packets were looked at to know.
  private func look(for search: Search, line: Int) -> (isMatch: Bool, cost: Int) {
    switch search.view {
    case .messages:
      guard let mail = mails.mail(line: line) else { return (false, 1) }
      let packets = trace.index.rows(ofMessage: mail)
      let entry = trace.messages[mail]
      return (
        search.matches(MessagesView.plainBytes(mail, self))
          || packets.contains { search.matches(row: $0, trace) },
        1 + entry.rows.count / 4 + entry.bytes / TimelineIndex.bytesPerStep
      )
    case .findings:
      let finding = trace.index.findings[line]
      let isMatch =
        search.matches(Array(FindingsView.plain(finding, self).utf8))
        || finding.row.map { search.matches(row: $0, trace) } ?? false
      return (isMatch, 2)
    case .timeline, .held, .rules, .stats:
      switch rows[line] {
      case .packet(let row):
        let cost = 1 + trace.index.glance(at: row).frameBytes / TimelineIndex.bytesPerStep
        return (search.matches(row: row, trace) || search.matches(countsOf: row, trace), cost)
      case .silent(let place):
        return (search.matches(Array(ConnectionLine(trace.index.silent[place], trace).words.utf8)), 1)
      }
    }
  }

  private mutating func found(_ line: Int) -> [ConsoleEffect] {
    let passedEnd = (search?.step ?? 1) > 0 ? line <= list.cursor : line >= list.cursor
    search?.next = nil
    settings.follow = false
    list.reveal(line)
    status = passedEnd ? StatusMessage(.done, "around the end") : nil
    revealInDetail()
    return []
  }

  /// Brings the first line of the detail that says what was searched for into sight.
  private mutating func revealInDetail() {
    guard let search else { return }
    settle()
    let line: Int? =
      switch detail.content {
      case .lines(let lines): lines.firstIndex { search.matches($0.text.plainBytes) }
      case .hex(let bytes, _):
        search.firstMatch(in: bytes).map {
          $0.lowerBound / HexView.bytesPerLine(width: detail.made?.width ?? size.columns)
        }
      }
    if let line, !detail.list.visible.contains(line) { detail.list.reveal(line) }
  }

  // MARK: findings and marks

  enum Landmark: Hashable, Sendable { case finding, mark }

  /// To the next packet that has a finding, or a mark.
  mutating func jump(step: Int, count: Int, to landmark: Landmark) -> [ConsoleEffect] {
    if view != .timeline { show(.timeline) }
    var line = timelineList.cursor
    for _ in 0..<max(1, count) {
      repeat { line += step } while (0..<rows.count).contains(line) && !has(landmark, rows[line])
      guard (0..<rows.count).contains(line) else {
        return refuse(
          "no \(landmark == .finding ? "finding" : "mark") \(step > 0 ? "further on" : "before this")")
      }
    }
    settings.follow = false
    timelineList.reveal(line)
    return []
  }

  private func has(_ landmark: Landmark, _ line: ShownRows.Line) -> Bool {
    switch (line, landmark) {
    case (.packet(let row), .finding): trace.index[row].severity != nil
    case (.packet(let row), .mark): trace.index[row].flags.contains(.marked)
    case (.silent(let place), .finding):
      trace.connections[trace.index.silent[place].connection].severity != nil
    case (.silent, .mark): false
    }
  }
}

extension Search {
  /// Whether the row, its packet, its macros or what was remarked on it say it.
  func matches(row: Int, _ trace: TraceView) -> Bool {
    let index = trace.index
    let glance = index.glance(at: row)
    if mayMatch(glance, trace) {
      guard let packet = trace.packet(at: row) else { return false }
      if matchesAlone(packet) { return true }
    }
    if glance.hasMacros {
      for macros in index.macroRows(of: row) where mayHold(index.recordNumber(at: macros), trace) {
        if let packet = trace.packet(at: macros), matches(packet.bytes[packet.payload]) { return true }
      }
    }
    guard glance.hasRemarks else { return false }
    return index.remarkRecords(about: row, from: trace.source).contains { remark in
      switch remark.event {
      case .found(let finding): matches(Array("\(finding.rule.id) \(finding.text)".utf8))
      case .noted(let text, _): matches(Array(text.text.utf8))
      case .opened, .received, .passed, .sent, .held, .released, .instructed, .marked, .closed: false
      }
    }
  }

  /// Whether what the row counts says it.
  func matches(countsOf row: Int, _ trace: TraceView) -> Bool {
    guard isOfCounts else { return false }
    let entry = trace.index[row]
    var words = [
      "c\(entry.connection)" + (entry.message > 0 ? ".\(entry.message)" : ""), trace.clock(entry.time),
    ]
    if let took = entry.took { words.append(TimeText.span(took)) }
    if entry.kind == .command(.body) || entry.kind == .reply(.replBody) {
      words.append("\(entry.frameBytes - Limits.headerBytes) bytes")
    }
    return words.contains { matches(Array($0.utf8)) }
  }

  /// Whether the packet says it, by its name, its payload or its row.
  func matchesAlone(_ packet: Packet) -> Bool {
    names.contains(packet.kind) || matches(packet.bytes[packet.payload]) || matchesWords(of: packet)
  }

  /// False where the packet need not be read to know that it does not say it.
  private func mayMatch(_ glance: PacketGlance, _ trace: TraceView) -> Bool {
    if names.contains(glance.kind) || isEscaped { return true }
    if glance.frameBytes == Limits.headerBytes, silent.contains(glance.kind) { return false }
    switch glance.kind {
    case .command(.body), .command(.macro), .command(.helo), .command(.unknown), .command(.data),
      .command(.abort), .command(.quit), .command(.header):
      return mayHold(glance.record, trace)
    // Their rows say more than their strings.
    case .command, .reply, .unknown, .empty: return true
    }
  }

  private func mayHold(_ record: Int, _ trace: TraceView) -> Bool {
    guard let probe else { return true }
    return trace.source.mayHold(probe, at: record)
  }

  /// What a row says beyond the strings of the payload; making it is dear, so only where there is any.
  private func matchesWords(of packet: Packet) -> Bool {
    if isEscaped { return matches(PacketWords.plainBytes(packet)) }
    switch packet.kind {
    case .command(.body), .command(.macro), .command(.helo), .command(.unknown), .command(.data),
      .command(.abort), .command(.quit):
      return false
    case .command(.header):
      guard case .header(let name, let value) = Dissection(packet).shape else { return false }
      return matches(packet.bytes[name] + Array(": ".utf8) + packet.bytes[value].prefix(needle.count))
    case .command, .reply, .unknown, .empty: return matches(PacketWords.plainBytes(packet))
    }
  }
}

extension ListView {
  /// What its lines are, for a search that finds nothing.
  fileprivate var searched: String {
    switch self {
    case .timeline, .held, .rules, .stats: "packets"
    case .messages: "mails"
    case .findings: "findings"
    }
  }
}
