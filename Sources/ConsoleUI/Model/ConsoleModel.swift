import Cells
import CommandLanguage
import Mail
import MilterProtocol
import TraceModel

/// Everything the screen knows: what was folded from the records, and where the operator looks.
///
/// Disposable: the first part is folded again from the records whenever somebody asks, the rest starts afresh. The
/// screen never changes a packet; it asks (`ConsoleEffect.instruct`) and learns the outcome from the next record.
package struct ConsoleModel {
  // The trace.
  package internal(set) var trace: TraceView
  /// The time now on the trace's clock.
  package internal(set) var now = Moment.zero
  /// Whether records still arrive from connections of this program.
  package let isLive: Bool
  /// What the title says about where the records come from.
  package var origin: Origin
  package internal(set) var stream = Stream.flowing
  /// What makes an MTA connect, and what to mind about it: for as long as nothing has come.
  package var setUp: [SetUpLine] = []
  package var setUpRemarks: [String] = []

  // Where the operator looks.
  package internal(set) var size = Size(columns: 80, rows: 24)
  package internal(set) var view = ListView.timeline
  package internal(set) var focus = Focus.list
  package internal(set) var isMaximised = false
  package internal(set) var helpTop: Int?
  /// Line of the help that a search found.
  var helpMatch: Int?
  /// How much there was when the display was frozen; nil while it is not.
  var freeze: Freeze?
  package internal(set) var settings = Settings()
  package internal(set) var keymap = Keymap()
  var tabs: [ListView: DetailTab] = [.messages: .message]
  var lists: [ListView: ListState] = [:]
  /// Views left by `Enter`, for `q` to go back to.
  var trail: [TrailStep] = []
  package internal(set) var detail = DetailState()
  /// Bytes of the packet that Hex lights.
  var lit: Range<Int>?
  /// Whether Message shows what became of the mail rather than the mail.
  var showsEffect = false

  // The rows of the Timeline.
  var rows = ShownRows()
  var rowsAreStale = true
  /// The rows of Messages.
  var mails = ShownMails()
  /// Commands whose macro packets have rows of their own, by packet number.
  var unfolded: Set<Int> = []
  package internal(set) var filter: Filter?
  /// The row to come back to while a new filter is still looking for its packets.
  var anchor: Int?
  /// What to go back to where the filter being typed is not kept.
  var filterBefore: FilterBefore?
  var search: Search?

  // What waits, and what is done without the operator.
  package internal(set) var held: [HeldEntry] = []
  package var ruleList = RuleList()
  /// Of the config file, not yet asked for.
  var configuredRules: [Rule] = []
  /// Of the rule that is selected or being typed.
  var trial: Trial?
  /// The formats that `x` offers.
  package var exports: [ExportChoice] = []
  /// What happens to a held packet at its deadline, as badges say it: `forwards`.
  package var timeoutWords = "forwards"
  /// Number of the record of the last outcome that was shown.
  var shownOutcome = -1

  // The desk: a person in a milter's place.
  /// About the mail that waits for a verdict; nil where none is selected.
  var desk: Desk?
  /// Packets that a verdict was given for, whose release is still to come.
  var decided: Set<Int> = []
  var lastDecision: Desk.Decision?
  /// The packet that waited under the cursor when the menu or prompt opened: what is said there is for no other.
  var askedAbout: Int?

  /// Of a recorded trace: what the operator added and no file has yet.
  var unwritten = Unwritten()

  // The bottom line.
  package internal(set) var prompt: Prompt?
  package internal(set) var question: Question?
  package internal(set) var menu: Menu?
  package internal(set) var form: EditForm?
  /// What the operator wrote in an editor and could not be kept.
  var editDraft: EditRequest?
  package internal(set) var status: StatusMessage?
  var history: [Prompt.Purpose: [String]] = [:]
  var digits: DigitRun?

  static let historyLines = 200
  /// Records folded in at once, between two looks at the keys: a few milliseconds' worth.
  static let sliceRecords = 4000
  static let sliceFiltered = 20_000
  static let sliceSearched = 4000

  package enum Focus: Hashable, Sendable { case list, detail }

  /// Where the records come from, for the title.
  package enum Origin: Hashable, Sendable {
    /// Addresses in canonical form, and the file being written, if any.
    case live(listen: String, milter: String?, file: String?)
    case files([String])
    case demo
  }

  /// How records come.
  package enum Stream: Hashable, Sendable {
    case flowing
    /// Nothing more will come.
    case ended
    /// They come, but the trace cannot be written any more.
    case unrecorded
  }

  /// A question at the bottom, answered with y or n.
  package struct Question: Hashable, Sendable {
    package var words: String
    /// What `y` brings about; nothing where it is no question any more, and any key takes it away.
    var yes: [ConsoleEffect]
  }

  /// What came later has no row until the display goes on.
  struct Freeze: Hashable, Sendable {
    var packets: Int
    var mails: Int
    var silent: Int
    var findings: Int

    init(_ index: TimelineIndex) {
      packets = index.count
      mails = index.messages.count
      silent = index.silent.count
      findings = index.findings.count
    }
  }

  struct TrailStep: Hashable, Sendable {
    var view: ListView
    var filter: String
    /// Number of the packet that was selected.
    var packet: Int?
    /// Index of the mail that was selected.
    var mail: Int?
    var row: Int
    /// Whether the list followed what came.
    var follow: Bool
  }

  /// The filter and the place before another was typed.
  struct FilterBefore {
    var filter: Filter?
    var rows: ShownRows
    var mails: ShownMails
    var lists: [ListView: ListState]
    /// Row of the index that was selected.
    var row: Int?
    /// Whether marks or findings came since.
    var isOutdated = false
  }

  package struct Filter {
    package var text: String
    let expression: Expression
    var pass: FilterPass<FilterPredicate>
  }

  package init(source: any RecordSource, origin: Origin, isLive: Bool, utcOffset: Int = 0) {
    trace = TraceView(source: source, utcOffset: utcOffset)
    self.origin = origin
    self.isLive = isLive
    settings.follow = isLive
    if isDesk {
      view = .held
      tabs[.held] = .message
      return
    }
    status = StatusMessage(.hint, "? lists the keys · Enter opens a packet · q goes back · Q quits")
  }
}

extension ConsoleModel {
  /// The pane that has the keys.
  package var place: Binding.Places {
    helpTop != nil ? .help : placeBehindHelp
  }

  /// The pane that has the keys again once help is closed.
  var placeBehindHelp: Binding.Places {
    if selectionIsOnDesk { return .desk }
    return focus == .detail ? .detail : view.place
  }

  func helpLines(width: Int) -> [DisplayText] {
    HelpView.lines(
      for: placeBehindHelp, HelpView.Reach(canSteer: canSteer, isDesk: isDesk), keymap: keymap, width: width)
  }

  /// Whether packets go through here, rather than having gone elsewhere.
  private var canSteer: Bool {
    switch origin {
    case .live, .demo: true
    case .files: false
    }
  }

  var helpLineCount: Int { helpLines(width: size.columns).count }

  var helpHeight: Int { max(1, size.rows - 2) }

  package var tab: DetailTab {
    get { tabs[view] ?? .fields }
    set { tabs[view] = newValue }
  }

  package internal(set) var list: ListState {
    get { lists[view] ?? ListState() }
    set { lists[view] = newValue }
  }

  var timelineList: ListState {
    get { lists[.timeline] ?? ListState() }
    set { lists[.timeline] = newValue }
  }

  package var isFrozen: Bool { freeze != nil }

  /// Whether the screen changes with the time alone.
  package var showsTime: Bool { isLive && (view == .stats && !isFrozen || !held.isEmpty) }

  package var hasDetail: Bool { view != .stats && !showsSetUp }

  /// The lines for the MTA need the whole screen, and there is nothing else to show.
  var showsSetUp: Bool {
    guard case .live = origin else { return false }
    return view == .timeline && trace.count == 0 && rows.count == 0 && !setUp.isEmpty
  }

  package var layout: Layout { layout(for: size) }

  func layout(for size: Size) -> Layout {
    let panes: Layout.Panes
    if !hasDetail || helpTop != nil {
      panes = .listOnly
    } else if isMaximised {
      panes = focus == .list ? .listOnly : .detailOnly
    } else if size.rows < 12, size.columns < wideColumns {
      // Too low for two panes: the one with the keys has it all.
      panes = focus == .list ? .listOnly : .detailOnly
    } else {
      panes = .both
    }
    return Layout(
      size, panes: panes, sideBySideFrom: wideColumns, listColumns: view == .messages ? 150 : 110,
      listRows: listRows, hasTabs: view != .rules,
      barRows: helpTop == nil ? DeskBar.rows(desk, size) : 0)
  }

  /// Rows of a list that may be short, with its headings and a blank one.
  private var listRows: Int {
    switch view {
    case .timeline, .stats: .max
    case .messages: mails.count + 2
    case .held: held.count + 2
    case .findings: trace.index.findings.count + 2
    case .rules: ruleList.rules.count + 2
    }
  }

  /// What waits and rules are short lists of long lines, which are read whole before somebody decides.
  private var wideColumns: Int {
    switch view {
    case .timeline, .messages, .findings, .stats: 120
    case .held, .rules: 170
    }
  }

  var paneHeight: Int { focus == .list ? list.height : detail.list.height }

  mutating func resizePanes() {
    let layout = self.layout
    for view in ListView.allCases { lists[view, default: ListState()].resize(height: layout.list.rows) }
    detail.list.resize(height: layout.detail.rows)
  }
}
