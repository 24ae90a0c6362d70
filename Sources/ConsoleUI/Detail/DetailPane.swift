import Cells
import MilterProtocol
import TraceModel

/// The pane about what is selected: its pages, and the place on the page at hand.
package struct DetailPane {
  package internal(set) var list = ListState()
  /// The page beside each list.
  private var tabs: [ListView: DetailTab] = [.messages: .message]
  /// What is selected, as the rule above the pane says it.
  private(set) var title: DisplayText = ""
  /// Its number alone, for where the tabs leave no room for more; empty where it has none.
  private(set) var shortTitle: DisplayText = ""
  private(set) var content = Content.lines([])
  /// Bytes of the packet that Hex lights.
  private(set) var lit: Range<Int>?
  /// The finding that Fields shows first, by its rule, and the packet that it is about.
  private var lead: (rule: FindingRule, packet: Int)?
  /// Whether Message shows what became of the mail rather than the mail.
  private(set) var showsEffect = false
  /// Whether Fields shows the lines of logs about the packet rather than its fields.
  private(set) var showsLog = false
  /// What the content was made for.
  private var made: Made?
  private var madeBefore = MadeBefore()

  enum Content {
    case lines([DetailLine])
    /// Made line by line as they are looked at: a body chunk has 4,096 of them.
    case hex(bytes: [UInt8], lit: Range<Int>?)
  }

  /// What a list has to say of what is selected in it, where that is no packet.
  struct Page {
    var title: DisplayText
    var lines: [DetailLine]

    init(_ title: DisplayText, _ lines: [DetailLine]) { (self.title, self.lines) = (title, lines) }

    static func nothing(_ trace: TraceView) -> Page {
      Page("nothing selected", trace.count == 0 ? [.remark(trace.waitingWords, indent: 1)] : [])
    }
  }

  private struct Made: Equatable {
    var view: ListView
    var packet: Int?
    var tab: DetailTab
    var width: Int
    /// Changes with whatever becomes known of the packet after it was folded in.
    var revision: Int
    var lit: Range<Int>?
    var lead: FindingRule?
    var settings: Settings
    var showsEffect: Bool
    var showsLog: Bool

    /// Whether the page is about the same, so that the place on it stays.
    func isOfSameThing(as other: Made) -> Bool {
      packet == other.packet && tab == other.tab && view == other.view && lead == other.lead
    }
  }

  /// The latest pages about mails, as they were made: a long mail is not read again for whoever goes up and down.
  private struct MadeBefore {
    private static let limit = 6
    private var pages: [(made: Made, content: Content)] = []

    func content(_ made: Made) -> Content? { pages.last { $0.made == made }?.content }

    mutating func keep(_ content: Content, _ made: Made) {
      // There is one for each mail: what was known earlier is not asked for again.
      pages.removeAll { $0.made.isOfSameThing(as: made) }
      if pages.count == Self.limit { pages.removeFirst() }
      pages.append((made, content))
    }
  }

  // MARK: tabs

  package func tab(beside view: ListView) -> DetailTab { tabs[view] ?? .fields }

  /// To another tab; Hex lights the field that was selected in Fields last.
  mutating func turn(to tab: DetailTab, beside view: ListView, hasKeys: Bool) {
    if self.tab(beside: view) == .fields { lit = hasKeys ? selectedLine?.bytes : nil }
    tabs[view] = tab
  }

  /// To the bytes of the selected line; false where it has none, or they are on screen already.
  mutating func showBytes(beside view: ListView) -> Bool {
    guard let bytes = selectedLine?.bytes, tab(beside: view) != .hex else { return false }
    lit = bytes
    tabs[view] = .hex
    return true
  }

  /// From bytes back to the field that they are; false where no bytes are on screen.
  mutating func showField(beside view: ListView) -> Bool {
    guard tab(beside: view) == .hex, let bytes = selectedLine?.bytes else { return false }
    if lit.map({ !$0.overlaps(bytes) }) ?? true { lit = bytes }
    tabs[view] = .fields
    return true
  }

  /// To the fields of a packet, the finding by that rule first.
  mutating func showFinding(_ rule: FindingRule?, ofPacketAt row: Int?, beside view: ListView) {
    tabs[view] = .fields
    lead = rule.flatMap { rule in row.map { (rule, $0) } }
    list.select(0)
  }

  /// To what became of the mail, and back.
  mutating func toggleEffect(beside view: ListView, hasKeys: Bool) {
    tabs[view] = .message
    showsEffect.toggle()
    if !hasKeys { list.select(0) }
  }

  /// To what logs say of the packet, and back.
  mutating func toggleLog(beside view: ListView) {
    showsLog = tab(beside: view) == .fields ? !showsLog : true
    tabs[view] = .fields
    list.select(0)
  }

  mutating func showMessage(beside view: ListView) { tabs[view] = .message }

  // MARK: lines

  package func line(_ index: Int, width: Int) -> DetailLine? {
    switch content {
    case .lines(let lines): lines.indices.contains(index) ? lines[index] : nil
    case .hex(let bytes, let lit): HexView.line(index, of: bytes, selected: lit, width: width)
    }
  }

  private var width: Int { made?.width ?? 80 }

  var selectedLine: DetailLine? { line(list.cursor, width: width) }

  /// Makes the lines anew where the selection, the tab, the width or what is known has changed.
  mutating func refresh(_ scene: Scene, _ pane: any ListPane, isOnDesk: Bool, width: Int) {
    let row = pane.packet(scene)
    let tab = tab(beside: pane.view)
    var wanted = Made(
      view: pane.view, packet: row, tab: tab, width: width, revision: 0, lit: lit,
      lead: pane.lead(scene) ?? lead.flatMap { $0.packet == row ? $0.rule : nil }, settings: scene.settings,
      showsEffect: showsEffect, showsLog: showsLog)
    let isSameThing = made?.isOfSameThing(as: wanted) ?? false
    let place = isSameThing ? list.cursor : 0
    guard let row, row < scene.trace.count else {
      return show(pane.page(scene, width: width), wanted, at: place)
    }
    wanted.revision = pane.revision(scene) + scene.trace.revision(ofPacketAt: row)
    if tab == .ladder { wanted.revision += LadderTab.revision(ofPacketAt: row, scene.trace) }
    guard wanted != made else { return }
    if made?.packet != row { (lit, wanted.lit) = (nil, nil) }
    guard let packet = scene.trace.detail(at: row) else {
      var page = pane.page(scene, width: width)
      page.title = "unreadable"
      return show(page, wanted, at: place)
    }
    made = wanted
    let name = DisplayText("c\(packet.connection).\(packet.message)")
    let isMail = pane.view == .messages || isOnDesk && packet.message > 0
    title = isMail ? "message " + name : packet.title(in: scene.trace)
    shortTitle = pane.view == .messages ? name : DisplayText("#\(packet.number)")
    let content =
      madeBefore.content(wanted)
      ?? self.content(
        packet, tab, lead: wanted.lead, isWholeMail: pane.view == .messages, width: width, scene)
    if tab == .message { madeBefore.keep(content, wanted) }
    show(content)
    if isSameThing { list.select(place) } else { list.begin(at: firstLine(tab, packet.number)) }
  }

  private mutating func show(_ page: Page, _ made: Made, at place: Int) {
    self.made = made
    (title, shortTitle) = (page.title, "")
    show(.lines(page.lines))
    list.select(place)
  }

  private mutating func show(_ content: Content) {
    self.content = content
    switch content {
    case .lines(let lines): list.setCount(lines.count)
    case .hex(let bytes, _): list.setCount(HexView.lineCount(bytes: bytes.count, width: self.width))
    }
  }

  private func content(
    _ packet: PacketDetail, _ tab: DetailTab, lead: FindingRule?, isWholeMail: Bool, width: Int,
    _ scene: Scene
  ) -> Content {
    switch tab {
    case .fields where showsLog: .lines(LogTab.lines(packet, width: width, scene.trace))
    case .fields: .lines(FieldsTab.lines(packet, lead: lead, width: width, scene))
    case .macros: .lines(MacrosTab.lines(packet, width: width, scene.settings))
    case .message:
      .lines(MessageTab.lines(packet, width: width, isWhole: isWholeMail, showsEffect: showsEffect, scene))
    case .hex: .hex(bytes: packet.packet.bytes, lit: lit)
    case .session: .lines(SessionTab.lines(packet, width: width, scene.trace))
    case .ladder: .lines(LadderTab.lines(packet, width: width, scene.trace))
    }
  }

  /// Where a page opens: Hex at the lit bytes and Fields at their field, the ladder at the packet, everything else at its top.
  private func firstLine(_ tab: DetailTab, _ number: Int) -> Int {
    switch (tab, content) {
    case (.hex, _): return (lit?.lowerBound ?? 0) / HexView.bytesPerLine(width: width)
    case (.fields, .lines(let lines)):
      guard let lit else { return 0 }
      // The narrowest of those that have the bytes: of the code, not of the whole packet.
      let having = lines.indices.filter { lines[$0].bytes?.overlaps(lit) ?? false }
      return having.min { (lines[$0].bytes?.count ?? 0, $0) < (lines[$1].bytes?.count ?? 0, $1) } ?? 0
    case (.ladder, .lines(let lines)): return lines.firstIndex { $0.packet == number } ?? 0
    case (.macros, _), (.message, _), (.session, _), (.fields, _), (.ladder, _): return 0
    }
  }

  // MARK: keys

  func hints(isHeld: Bool) -> [Act] {
    isHeld
      ? Act.steering + [.back, .nextTab, .pane, .open, .copy]
      : [
        .back, .nextTab, .open, .maximise, .searchPrompt, .copy, .nextFinding, .pane, .diff, .exportMenu,
        .replay, .fork, .toggleMark, .notePrompt, .split,
      ]
  }

  // MARK: search

  /// To the next line that says it, around the end.
  mutating func search(_ search: Search, step: Int, count: Int, beside view: ListView) -> [Response] {
    let start = list.cursor
    guard list.count > 0 else { return .refuse("nothing is shown that could be searched") }
    let found = search.lines(of: list.count, from: start, step: step) { place in
      self.line(place, width: width)?.text.plainBytes ?? []
    }
    guard !found.isEmpty else {
      let title = tab(beside: view).title
      return .refuse("'\(search.text)' not found in the \(title) tab; Tab, then n searches the list")
    }
    let line = found[(max(1, count) - 1) % found.count]
    list.reveal(line)
    let passedEnd = step > 0 ? line <= start : line >= start
    return passedEnd ? .done(found.count == 1 ? "the only match here" : "search wrapped around") : []
  }

  /// `2 of 5`: which of the lines that say it is selected; nil in Hex, whose lines are made as they are looked at.
  func place(of search: Search) -> String? {
    guard case .lines(let lines) = content else { return nil }
    let found = lines.indices.filter { search.matches(lines[$0].text.plainBytes) }
    guard let place = found.firstIndex(of: list.cursor) else {
      return found.isEmpty ? "not found" : NumberText.grouped(found.count)
    }
    return "\(place + 1) of \(found.count)"
  }

  /// Brings the first line that says it into sight.
  mutating func reveal(_ search: Search) {
    let line: Int? =
      switch content {
      case .lines(let lines): lines.firstIndex { search.matches($0.text.plainBytes) }
      case .hex(let bytes, _):
        search.firstMatch(in: bytes).map { $0.lowerBound / HexView.bytesPerLine(width: width) }
      }
    if let line, !list.visible.contains(line) { list.reveal(line) }
  }
}

extension TraceView {
  /// Changes with whatever may change about a packet after it was folded in: remarks, its reply, the end of its connection.
  fileprivate func revision(ofPacketAt row: Int) -> Int {
    let connection = connections[index.connectionIndex(at: row)]
    let remarks = index.recordNumbers(about: row).count + (connection.endedRecord == nil ? 0 : 1)
    let isAnswered = index[row].sender == .milter || connection.packetCount > 4096
    return remarks + (isAnswered ? 0 : index.replyRows(to: row).count)
  }
}

extension PacketDetail {
  /// `packet 120 · reply to RCPT <bob@example.net>`.
  fileprivate func title(in trace: TraceView) -> DisplayText {
    guard let number = answers, let command = trace.packet(numbered: number), command.isNamedByWords
    else { return title }
    return title + " " + PacketWords.text(of: command, columns: 200)
  }
}

extension Packet {
  /// Whether its words tell it from others of its stage.
  fileprivate var isNamedByWords: Bool {
    switch kind {
    case .command(.connect), .command(.helo), .command(.mail), .command(.rcpt), .command(.header),
      .command(.unknown):
      true
    case .command, .reply, .unknown, .empty: false
    }
  }
}
