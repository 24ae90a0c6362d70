import CommandLanguage
import Mail
import MilterProtocol
import TraceModel

// The rows of the lists, and what is selected in them.
extension ConsoleModel {
  /// Folds in records that have come, some at a time.
  mutating func catchUp(limit: Int) {
    _ = trace.catchUp(limit: limit)
    reconsider(trace.takeChanges())
  }

  /// Packets that the filter has passed already come in or go where they were marked, edited or found fault with since.
  private mutating func reconsider(_ changed: [Int]) {
    guard !changed.isEmpty else { return }
    filterBefore?.isOutdated = true
    let reader = trace.reader
    if filter?.pass.reconsider(changed, reader) ?? false { rowsAreStale = true }
    trial?.pass.reconsider(changed, reader)
  }

  /// Whether something is under way that `ConsoleEvent.idle` would take further.
  package var isBusy: Bool {
    trace.isBehind || !filterIsDone || search?.next != nil || !trialIsDone
  }

  private var trialIsDone: Bool { trial.map { $0.pass.isDone(over: trace.index) } ?? true }

  /// Whether the filter has looked at every packet that may have a row.
  private var filterIsDone: Bool { filter.map { $0.pass.next >= rowLimits.packets } ?? true }

  /// How much of the trace the lists are about.
  private var rowLimits: Freeze { freeze ?? Freeze(trace.index) }

  /// A slice of what is under way.
  mutating func work() -> [ConsoleEffect] {
    if trace.isBehind { catchUp(limit: ConsoleModel.sliceRecords) }
    advanceFilter()
    advanceTrial()
    showOutcome()
    return advanceSearch()
  }

  private mutating func advanceFilter() {
    guard filter != nil else { return }
    let (reader, end) = (trace.reader, rowLimits.packets)
    filter?.pass.advance(reader, limit: ConsoleModel.sliceFiltered, before: end)
  }

  /// Brings rows and list lengths up to what is known.
  mutating func refreshRows() {
    refreshHeld()
    refreshRules()
    let selected = selectedRow
    let wasAtEnd = timelineList.cursor >= timelineList.count - 1
    let mail = selectedMail
    if rowsAreStale {
      rows = ShownRows()
      mails = ShownMails()
    }
    let all = settings.macros == .unfolded
    let limits = rowLimits
    let hasFolded: Bool
    if let filter {
      hasFolded = rows.extend(
        matches: filter.pass.rows, before: filter.pass.next, trace.index, unfolded: unfolded, all: all)
      mails.extend(matches: filter.pass.rows, trace.index)
    } else {
      hasFolded = rows.extend(trace.index, to: limits, unfolded: unfolded, all: all)
      mails.extend(to: limits.mails)
    }
    var list = timelineList
    list.setCount(rows.count)
    if settings.follow, wasAtEnd || isLive {
      list.select(rows.count - 1)
    } else if let row = anchor ?? (rowsAreStale ? selected : nil) {
      list.reveal(rows.line(of: row))
      anchor = filterIsDone ? nil : row
    } else if hasFolded, let selected {
      list.keep(rows.line(of: selected))
    }
    timelineList = list
    rowsAreStale = false
    refreshMails(selected: mail)
    lists[.findings, default: ListState()].setCount(limits.findings)
    if prompt?.purpose == .filter {
      let words = filterWords
      prompt?.remark = words
    }
    if view == .stats {
      let lines = StatsView.lines(self, width: layout.list.columns).count
      lists[.stats, default: ListState()].selects = false
      lists[.stats]?.setCount(lines)
    }
  }

  /// A mail stays selected however many come; the newest does at the top, unless something of it waits to be judged.
  private mutating func refreshMails(selected mail: Int?) {
    var list = lists[.messages] ?? ListState()
    let isAtTop = list.cursor == 0
    list.setCount(mails.count)
    if let mail, !(isAtTop && settings.follow && !isHeld(mail: mail)) { list.keep(mails.line(of: mail)) }
    lists[.messages] = list
  }

  func isHeld(mail: Int) -> Bool { held.contains { trace.index.messageIndex(at: $0.row) == mail } }

  // MARK: selection

  /// Row of the index that the selected line of the Timeline shows.
  private var selectedRow: Int? {
    guard rows.count > 0, timelineList.cursor < rows.count else { return nil }
    return rows.packet(line: timelineList.cursor)
  }

  /// The connection without a packet that the selected line of the Timeline shows.
  var selectedSilent: SilentConnection? {
    guard view == .timeline, rows.count > 0, timelineList.cursor < rows.count,
      case .silent(let place) = rows[timelineList.cursor]
    else { return nil }
    return trace.index.silent[place]
  }

  /// Row of the packet that the detail is about.
  var focusRow: Int? {
    switch view {
    case .timeline: selectedRow
    case .messages: selectedMessage.flatMap { $0.decision?.row ?? $0.rows.upperBound }
    case .held: selectedHeld?.row
    case .findings: selectedFinding?.row
    case .rules, .stats: nil
    }
  }

  var selectedMessage: MessageEntry? {
    view == .messages ? selectedMail.map { trace.messages[$0] } : nil
  }

  /// Index of the mail that is selected in Messages.
  private var selectedMail: Int? { mails.mail(line: lists[.messages]?.cursor ?? 0) }

  var selectedFinding: FindingEntry? {
    guard view == .findings else { return nil }
    let index = list.cursor
    return trace.index.findings.indices.contains(index) ? trace.index.findings[index] : nil
  }

  /// Number of the packet that the detail is about, and that instructions are for.
  package var selectedPacket: Int? { focusRow.map { trace.index.number(at: $0) } }

  /// Number of the connection that a packet travelled on.
  package func connection(ofPacket number: Int) -> Int? {
    trace.index.row(number: number).map { trace.index[$0].connection }
  }

  func isMarked(_ packet: Int) -> Bool {
    trace.index.row(number: packet).map { trace.index[$0].flags.contains(.marked) } ?? false
  }

  /// The command whose macros `Space` unfolds: the selected one, the one that the selected macros belong to, or the
  /// one that the selected reply answers.
  var foldableCommand: Int? {
    guard let row = selectedRow else { return nil }
    let line = trace.index[row]
    if let command = line.foldsInto { return trace.index.number(at: command) }
    if let command = line.answers, trace.index[command].macros != nil {
      return trace.index.number(at: command)
    }
    return line.macros == nil ? nil : line.number
  }

  /// The selected row in plain letters.
  var selectedText: [UInt8]? {
    guard let row = focusRow, let packet = trace.packet(at: row) else { return nil }
    return Array("\(packet.kind.name) \(PacketWords.plain(packet))".utf8)
  }

  var openConnections: Int { trace.connections.count { $0.isOpen } }

  // MARK: going somewhere

  mutating func go(toPacket number: Int) -> [ConsoleEffect] {
    guard let row = trace.index.row(number: number) else {
      return refuse("there is no packet \(number); the last is \(lastNumber)")
    }
    go(toRow: row)
    return []
  }

  private var lastNumber: Int { trace.count > 0 ? trace.index.number(at: trace.count - 1) : 0 }

  /// Selects the packet in the Timeline. Where it is folded away, its command; where the filter hides it, the filter goes.
  mutating func go(toRow row: Int) {
    var target = row
    if !rows.shows(target), let command = trace.index[row].foldsInto { target = command }
    if !rows.shows(target), filter != nil {
      setFilter("")
      refreshRows()
      status = StatusMessage(.done, "filter off, as it hides packet \(trace.index.number(at: row))")
    }
    if !rows.shows(target) { target = row }
    view = .timeline
    helpTop = nil
    focus = .list
    settings.follow = false
    var list = timelineList
    list.reveal(rows.line(of: target))
    timelineList = list
  }

  /// Selects the line of a connection without a packet; a filter takes none of them.
  mutating func go(toSilent place: Int) -> [ConsoleEffect] {
    if filter != nil {
      setFilter("")
      refreshRows()
      status = StatusMessage(.done, "filter off, as it hides connections without a packet")
    }
    view = .timeline
    focus = .list
    settings.follow = false
    if let line = rows.line(ofSilent: place) { timelineList.reveal(line) }
    return []
  }

  /// Remembers where the operator is, for `back`.
  mutating func leaveTrail() {
    trail.append(
      TrailStep(
        view: view, filter: filter?.text ?? "", packet: selectedPacket,
        mail: view == .messages ? selectedMail : nil, row: list.cursor, follow: settings.follow))
  }

  mutating func retrace(_ step: TrailStep) {
    view = step.view
    focus = .list
    if (filter?.text ?? "") != step.filter { setFilter(step.filter) }
    if view == .timeline, let packet = step.packet, let row = trace.index.row(number: packet) {
      refreshRows()
      go(toRow: row)
      return
    }
    settings.follow = step.follow
    list.select(step.row)
    if let mail = step.mail {
      refreshRows()
      list.reveal(mails.line(of: mail))
    }
  }

  // MARK: filter

  /// Shows only what `text` takes; an empty one shows all. What does not parse changes nothing.
  mutating func setFilter(_ text: String) {
    rowsAreStale = true
    guard !text.allSatisfy({ $0 == " " }) else {
      filter = nil
      return
    }
    guard let expression = try? Expression(parsing: text) else { return }
    filter = Filter(text: text, expression: expression, pass: FilterPass(FilterPredicate(expression)))
    advanceFilter()
  }

  /// Shows what the text typed so far takes, as long as it holds; the place is sought anew from where it was before.
  mutating func tryFilter(_ prompt: Prompt) {
    guard prompt.purpose == .filter else { return }
    switch prompt.validity {
    case .incomplete, .invalid: return
    case .open, .valid: break
    }
    let text = prompt.closedText
    guard filter?.expression != (try? Expression(parsing: text)) else { return }
    // Not earlier: a pass that goes on must not leave a copy of itself behind.
    if filterBefore == nil {
      filterBefore = FilterBefore(filter: filter, rows: rows, mails: mails, lists: lists, row: selectedRow)
    }
    setFilter(text)
    anchor = filterBefore?.row
  }

  /// The filter being typed stays. The one that was there already looks anew: marks and findings may be others by now.
  mutating func keepFilter(_ text: String) {
    let before = filterBefore
    filterBefore = nil
    let expression = try? Expression(parsing: text)
    if before == nil || expression == before?.filter?.expression || expression != filter?.expression {
      setFilter(text)
    }
  }

  /// Everything as it was before the filter was typed.
  mutating func leaveFilter() {
    guard let before = filterBefore else { return }
    filterBefore = nil
    (filter, rows, mails, lists) = (before.filter, before.rows, before.mails, before.lists)
    rowsAreStale = false
    anchor = nil
    if before.isOutdated, let filter {
      setFilter(filter.text)
      anchor = before.row
    }
  }

  /// What the prompt says of the filter being typed.
  private var filterWords: String? {
    guard filter != nil else { return nil }
    let count = view == .messages ? mails.count : rows.count
    let what = view == .messages ? NumberText.count(count, "mail") : NumberText.grouped(count)
    let words = count == 0 ? "nothing matches" : "\(what) \(count == 1 ? "matches" : "match")"
    return filterIsDone && !trace.isBehind ? words : words + " …"
  }

  // MARK: what to write

  /// Records of what the Timeline shows: all where it leaves nothing out; with a filter its packets with their macros,
  /// what was remarked on them, and how their connections began and ended.
  func recordsShown() -> [Int] {
    let index = trace.index
    if filter == nil, !isFrozen { return Array(0..<index.recordCount) }
    var records: Set<Int> = []
    var connections: Set<Int> = []
    for line in 0..<rows.count {
      guard case .packet(let row) = rows[line] else {
        if case .silent(let place) = rows[line] {
          records.formUnion(index.recordNumbers(about: index.silent[place]))
        }
        continue
      }
      for packet in [row] + index.macroRows(of: row) { records.formUnion(index.recordNumbers(about: packet)) }
      connections.insert(index.connectionIndex(at: row))
    }
    for connection in connections {
      if let opening = index.openingRecord(ofConnection: connection) { records.insert(opening) }
      records.formUnion(index.endingRecords(ofConnection: connection))
    }
    return records.sorted()
  }
}
