import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

// Who has the keys, and what is on screen.
extension ConsoleModel {
  /// The list on screen.
  var pane: any ListPane {
    switch view {
    case .timeline: timeline
    case .messages: messages
    case .held: held
    case .findings: findings
    case .rules: rules
    case .stats: stats
    }
  }

  static func list(of view: ListView) -> WritableKeyPath<ConsoleModel, ListState> {
    switch view {
    case .timeline: \.timeline.list
    case .messages: \.messages.list
    case .held: \.held.list
    case .findings: \.findings.list
    case .rules: \.rules.list
    case .stats: \.stats.list
    }
  }

  /// The place in the list on screen.
  package internal(set) var list: ListState {
    get { self[keyPath: Self.list(of: view)] }
    set { self[keyPath: Self.list(of: view)] = newValue }
  }

  var titleBar: TitleBar { TitleBar(scene: scene, view: help == nil && compared == nil ? view : nil) }

  /// The packet that keys and lines are for: what something is open about, else what is selected.
  var subject: Subject {
    let aimed = aim.flatMap { scene.trace.index.row(number: $0.number) }
    let compared = compared?.packet.flatMap { scene.trace.index.row(number: $0) }
    return Subject(scene: scene, row: aimed ?? compared ?? pane.packet(scene), view: view)
  }

  var exporting: Exporting { Exporting(formats: exports, subject: subject, rows: timeline.rows) }

  /// Whether the keys are for a mail that waits for a verdict.
  var isOnDesk: Bool { scene.trace.isDesk && (view == .held || view == .messages) && subject.isHeld }

  /// The view that every way back ends at.
  var home: ListView { scene.trace.isDesk ? .held : .timeline }

  /// Where the keys count.
  package var place: Binding.Places { help == nil ? placeBehindHelp : .help }

  /// The pane that has the keys again once help is closed.
  var placeBehindHelp: Binding.Places {
    if compared != nil { return .comparison }
    if isOnDesk { return .desk }
    if scene.trace.isDesk, focus == .list, view == .held || view == .messages { return .idleDesk }
    return focus == .detail ? .detail : view.place
  }

  /// What the bottom line mentions: whoever has the keys says it.
  var hints: [Act] {
    if help != nil { return HelpPane.hints }
    if compared != nil { return ComparisonPane.hints }
    if isOnDesk { return HeldPane.deskHints(hasBar: !layout.bar.isEmpty) }
    let isHeld = subject.isHeld || view == .timeline && subject.heldNearby != nil
    return KeyBar(
      acts: focus == .detail ? detail.hints(isHeld: isHeld) : pane.hints(isHeld: isHeld),
      isSearching: search?.isMarked ?? false,
      isHeldElsewhere: !isHeld && view != .held && !scene.trace.waiting.isEmpty, trace: scene.trace
    ).hints
  }

  var hasDetail: Bool { isViewOnTop && pane.share(scene) != nil }

  /// Whether nothing lies over the view.
  private var isViewOnTop: Bool { help == nil && compared == nil }

  package var layout: Layout { layout(for: size) }

  func layout(for size: Size) -> Layout {
    let share = isViewOnTop ? pane.share(scene)?.under(settings) : nil
    let panes: Layout.Panes
    if let share {
      // Too low for two panes: the one with the keys has it all.
      let isLow = size.rows < 12 && size.columns < share.sideBySideFrom
      panes = !isMaximised && !isLow ? .both : focus == .list ? .listOnly : .detailOnly
    } else {
      panes = .listOnly
    }
    let barRows = isViewOnTop ? DeskBar.rows(held.desk, size) : 0
    return Layout(size, panes: panes, share ?? Layout.Share(), barRows: barRows)
  }
}

// What others read, and set before the screen is there.
extension ConsoleModel {
  var filter: Scope.Filter? { scene.scope.filter }
  var settings: Settings { scene.settings }
  var tab: DetailTab { detail.tab(beside: view) }

  /// Number of the packet that the detail is about, and that instructions are for.
  package var selectedPacket: Int? { subject.number }

  /// Whether the screen changes with the time alone.
  package var showsTime: Bool {
    let trace = scene.trace
    guard trace.isLive else { return false }
    return view == .stats && scene.scope.freeze == nil || !trace.waiting.isEmpty || !trace.due.isEmpty
  }

  /// Number of the connection that a packet travelled on.
  package func connection(ofPacket number: Int) -> Int? {
    let index = scene.trace.index
    return index.row(number: number).map { index[$0].connection }
  }

  /// The whole body of the mail that the packet belongs to; nil while it is still coming.
  package func body(ofMailWith packet: Int) -> [UInt8]? { scene.trace.body(ofMailWith: packet) }

  /// Why nothing can be done to the packets of a trace.
  package static let wordsOfRecorded = Subject.wordsOfRecorded

  package var ruleList: RuleList {
    get { scene.rules }
    set { scene.rules = newValue }
  }

  /// What happens to a held packet at its deadline, as badges say it: `forwards`.
  package var timeoutWords: String {
    get { scene.trace.timeoutWords }
    set { scene.trace.timeoutWords = newValue }
  }

  /// Where the records are written from the start on.
  package var recording: RecordingState {
    get { scene.trace.recording }
    set { scene.trace.recording = newValue }
  }

  /// Whether characters are for a line that is being typed, so that many may come as one text.
  package var takesText: Bool { bottom.prompt != nil }

  /// What makes an MTA connect, and what to mind about it: for as long as nothing has come.
  package var setUp: [SetUpLine] {
    get { timeline.setUp }
    set { timeline.setUp = newValue }
  }

  package var setUpRemarks: [String] {
    get { timeline.setUpRemarks }
    set { timeline.setUpRemarks = newValue }
  }
}
