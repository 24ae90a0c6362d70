import Cells
import CommandLanguage
import Mail
import MilterProtocol
import TraceModel

/// Everything the screen knows: what was folded from the records, the panes, and which of them has the keys.
///
/// It routes: an event goes to whoever it is for, and what that answers (``Response``) is carried out. Each pane owns its
/// state, its drawing and its hints; what is open at the bottom is one ``BottomLine``. Disposable: the trace is folded again
/// from the records whenever somebody asks, the rest starts afresh. The screen never changes a packet; it asks
/// (`ConsoleEffect.instruct`) and learns the outcome from the next record.
package struct ConsoleModel {
  package internal(set) var scene: Scene

  // The panes.
  var timeline = TimelinePane()
  var messages = MessagesPane()
  var held = HeldPane()
  var findings = FindingsPane()
  var rules = RulesPane()
  var stats = StatsPane()
  package internal(set) var detail = DetailPane()
  var over = Overlays()

  // Where the operator looks.
  package internal(set) var size = Size(columns: 80, rows: 24)
  package internal(set) var view: ListView
  package internal(set) var focus = Focus.list
  var isMaximised = false
  /// Views left by `Enter`, for `q` to go back to.
  var trail: [TrailStep] = []
  /// What to go back to where the filter being typed is not kept.
  var filterBefore: FilterBefore?
  var search: Search?
  /// What to go back to where the search being typed is not kept.
  var searchBefore: SearchBefore?

  // What is said and asked.
  package internal(set) var bottom = BottomLine.idle
  package internal(set) var status: StatusMessage?
  package var history = PromptHistory()
  var digits: DigitRun?
  /// What the prompt, menu or form that is open is about.
  var aim: Aim?
  /// What the operator wrote in an editor and could not be kept.
  var editDraft: EditRequest?
  /// Of a recorded trace: what the operator added and no file has yet.
  var unwritten = Unwritten()
  /// What becomes of what is held when the screen is left.
  package var leaving = Leaving()
  /// The formats that `x` offers.
  package var exports: [ExportChoice] = []

  /// Records folded in at once, between two looks at the keys: a few milliseconds' worth.
  private static let sliceRecords = 4000

  package enum Focus: Equatable, Sendable { case list, detail }

  package init(
    source: any RecordSource, origin: Origin, isLive: Bool, utcOffset: Int = 0, charsets: Charsets = .builtIn
  ) {
    scene = Scene(
      trace: TraceView(
        source: source, origin: origin, isLive: isLive, utcOffset: utcOffset, charsets: charsets))
    scene.settings.follow = isLive
    view = scene.trace.isDesk ? .held : .timeline
    guard !scene.trace.isDesk else {
      detail.showMessage(beside: .held)
      return
    }
    status = StatusMessage(.hint, "? lists the keys · Enter opens a packet · q goes back · Q quits")
  }

  // MARK: what happens

  /// Takes in what happened; answers with what is to be done outside. The one way in which the screen changes.
  package mutating func update(_ event: ConsoleEvent) -> [ConsoleEffect] {
    let isAnswer = bottom.isQuestion
    let effects = carryOut(responses(to: event))
    defer { settle() }
    // What was asked already is not asked again.
    guard !isAnswer, let question = LateAccepting.question(about: effects, scene.trace) else {
      goOn(after: effects)
      return effects
    }
    held.reconsider(question.yes)
    bottom.ask(question)
    return []
  }

  private mutating func responses(to event: ConsoleEvent) -> [Response] {
    switch event {
    case .key(let key): return pressed(key)
    case .appended:
      takeIn()
      return told()
    case .idle: return work()
    case .tick(let moment): scene.trace.now = max(scene.trace.now, moment)
    case .resized(let size): self.size = size
    case .suspending: return suspend()
    case .reported(let message): return [.say(message)]
    case .streamChanged(let stream): scene.trace.stream = stream
    case .recording(let path): scene.trace.recording = path.map { .started($0) } ?? .off
    case .compared(let pane): show(pane)
    case .rulesRefused(let why):
      scene.rules.takeBack()
      return .refuse(why)
    case .edited(let request, let text): return edited(request, text)
    case .exists(let path, let replace): return .confirm("\(path) is there already. Replace it?", replace)
    case .wrote(let records, let words):
      unwritten.wrote(records, scene.trace)
      return .done(words)
    }
    return []
  }

  private mutating func edited(_ request: EditRequest, _ text: [UInt8]) -> [Response] {
    guard text != request.text || request == editDraft else { return .done("nothing was changed") }
    let outcome = request.outcome(text, scene.trace)
    editDraft = outcome.draft
    return outcome.responses
  }

  // MARK: what goes on by itself

  /// Whether something is under way that `ConsoleEvent.idle` would take further.
  package var isBusy: Bool {
    scene.isBusy || search?.next != nil || !rules.isDone(scene.trace)
      || search?.isCounting(in: pane, scene) ?? false
  }

  /// A slice of what is under way.
  private mutating func work() -> [Response] {
    if scene.trace.isBehind { takeIn() }
    scene.scope.advance(over: scene.trace)
    rules.advance(scene.trace)
    let news = told() + advanceSearch()
    let (pane, scene) = (self.pane, self.scene)
    search?.count(in: pane, scene)
    return news
  }

  /// Folds in records that have come, some at a time.
  private mutating func takeIn() {
    let changed = scene.catchUp(limit: ConsoleModel.sliceRecords)
    guard !changed.isEmpty else { return }
    filterBefore?.isOutdated = true
    rules.reconsider(changed, scene.trace)
  }

  /// What became of the operator's latest instruction.
  private mutating func told() -> [Response] { held.outcome(scene.trace).map { [.say($0)] } ?? [] }

  /// Makes the parts that are made of others fit again.
  mutating func settle() {
    if bottom.isIdle { aim = nil }
    refreshRows()
    if case .question(let question, let behind) = bottom {
      bottom = .question(HeldPane.refreshed(question, scene.trace), over: behind)
    }
    refreshDesk()
    let layout = self.layout
    for view in ListView.allCases { self[keyPath: Self.list(of: view)].resize(height: layout.list.rows) }
    detail.list.resize(height: layout.detail.rows)
    if view == .messages { messages.measure(scene) }
    over.help?.refresh(scene.keymap, size)
    over.comparison?.refresh(in: layout)
    guard hasDetail else { return }
    let width = max(20, layout.detail.columns)
    detail.refresh(scene, pane, isOnDesk: held.desk != nil, width: width)
  }

  /// Brings rows and list lengths up to what is known.
  mutating func refreshRows() {
    let selected = held.packet(scene)
    if let gone = scene.trace.refreshWaiting(), let news = held.keep(selected, gone: gone, scene.trace) {
      status = news
    }
    scene.trace.refreshDue()
    rules.list.setCount(scene.rules.rules.count)
    if bottom.behind.prompt == nil {
      let rule = view == .rules ? rules.selected(scene.rules) : nil
      rules.tryOut(rule.map { scene.rules.rules[$0].condition })
    }
    timeline.refresh(scene, isAiming: !bottom.isIdle && bottom.behind.prompt?.purpose != .filter)
    messages.refresh(scene)
    findings.refresh(scene)
    if view == .stats { stats.refresh(scene, width: layout.list.columns) }
    guard case .prompt(var prompt) = bottom else { return }
    prompt.remark =
      prompt.purpose == .filter
      ? filterWords(prompt)
      : prompt.purpose == .search
        ? searchWords
        : Validation.doubt(about: prompt) ?? rules.trial?.words(of: scene.trace.count)
          ?? held.remark(on: prompt, scene.trace)
    bottom = .prompt(prompt)
  }

  private mutating func refreshDesk() {
    held.refreshDesk(at: isOnDesk ? subject.row : nil, scene)
    let isDone = scene.trace.isDesk && view == .held && scene.trace.waiting.isEmpty
    if isDone, focus == .detail || isMaximised { (focus, isMaximised) = (.list, false) }
  }

  // MARK: carrying out

  mutating func carryOut(_ responses: [Response]) -> [ConsoleEffect] {
    responses.flatMap { carryOut($0) }
  }

  private mutating func carryOut(_ response: Response) -> [ConsoleEffect] {
    switch response {
    case .say(let message): status = message
    case .ask(let purpose, let text):
      keepAim()
      let prompt = Prompt(purpose, text: text, formats: exports)
      bottom = .prompt(prompt)
      tryOut(prompt)
    case .choose(let menu):
      keepAim()
      bottom = .menu(menu)
    case .fillIn(let form):
      keepAim()
      bottom = .form(form)
    case .confirm(let question):
      keepAim()
      bottom.ask(question)
    case .run(let line): return run(line)
    case .instruct(let instruction): return instruct(instruction)
    case .conclude(let instructions): return conclude(instructions)
    case .setRules(let rules):
      scene.rules.replace(with: rules)
      return [.setRules(rules)]
    case .arm(let isOn):
      scene.rules.isArmed = isOn
      status = StatusMessage(.done, isOn ? "rules and holds are on" : "all rules and holds are off")
      return [.arm(isOn)]
    case .exportAs(let format): return carryOut(exporting.askScope(format))
    case .clear(let isOn):
      if isOn { scene.scope.clear(scene.trace) } else { scene.scope.unclear() }
      let key = scene.key(for: .clear, in: .timeline, else: ": screen ask-clear")
      status = StatusMessage(.done, isOn ? "cleared; \(key) shows all again" : "all is shown again")
    case .unfollow: scene.settings.follow = false
    case .outside(let effect): return [effect]
    case .allOutside(let effects): return effects
    }
    return []
  }

  private mutating func instruct(_ instruction: Instruction) -> [ConsoleEffect] {
    if instruction == .forwardAll { return [.forwardAll] }
    if instruction.isForHeld { _ = carryOut(aimAtHeld()) }
    let subject = self.subject
    guard let packet = subject.number, let row = subject.row else { return carryOut(subject.nothing) }
    // Nobody else knows the packet of a recorded trace; of a proxy, the connection fills it, and tells what was written.
    let instruction = scene.trace.isRecorded ? scene.trace.filled(instruction, at: row) : instruction
    if let message = unwritten.remember(instruction, on: packet, subject) { status = message }
    return [.instruct(instruction, packet: packet)]
  }

  /// Says it about the mail at the desk, and goes on to the next that waits.
  private mutating func conclude(_ instructions: [Instruction]) -> [ConsoleEffect] {
    guard let (effects, next) = held.conclude(instructions, on: subject.number, scene.trace) else {
      return carryOut(.refuse("that mail is no longer waiting; nothing was done"))
    }
    guard let next else { return effects }
    switch view {
    case .held: held.select(next, scene.trace)
    case .messages:
      if let mail = scene.trace.index.messageIndex(at: next.row) {
        messages.reveal(scene.trace.index.head(ofMessage: mail))
      }
    case .timeline, .findings, .rules, .stats: break
    }
    return effects
  }
}
