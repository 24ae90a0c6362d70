import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

// From view to view and from pane to pane, and the way back.
extension ConsoleModel {
  struct TrailStep: Equatable, Sendable {
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

  mutating func show(_ view: ListView) {
    over.help = nil
    over.showsComparison = false
    guard view != self.view else { return }
    // From the packets of one mail back to all mails that were shown.
    if let step = trail.last(where: { $0.view == view && view == .messages }) {
      trail = []
      return retrace(step)
    }
    (self.view, focus, trail) = (view, .list, [])
  }

  mutating func switchPane() {
    if hasDetail { focus = focus == .list ? .detail : .list }
  }

  mutating func turn(to tab: DetailTab) {
    detail.turn(to: tab, beside: view, hasKeys: focus == .detail)
  }

  // MARK: there

  mutating func open() -> [Response] {
    if let help {
      guard let act = help.act else { return [] }
      self.help = nil
      return perform(act)
    }
    if compared != nil {
      compared?.open()
      return []
    }
    if focus == .detail { return openDetailLine() }
    switch view {
    case .messages where isOnDesk, .held where isOnDesk:
      // It is there to be read, on the whole screen.
      detail.showMessage(beside: view)
      (focus, isMaximised) = (.detail, true)
    case .timeline: if selectedPacket != nil || timeline.silent(scene) != nil { focus = .detail }
    case .held: if selectedPacket != nil { focus = .detail }
    case .messages:
      guard let mail = messages.message(scene) else { return [] }
      leaveTrail()
      view = .timeline
      scene.settings.follow = false
      let connection = scene.trace.connections[mail.connection].number
      scene.scope.setFilter("conn == \(connection) and msg == \(mail.number)", over: scene.trace)
      timeline.list.select(0)
    case .findings:
      if findings.toggleGroup() { return [] }
      if let finding = findings.finding(scene), finding.row == nil,
        let place = scene.trace.index.silent.firstIndex(where: { $0.connection == finding.connection })
      {
        leaveTrail()
        return go(toSilent: place)
      }
      guard let packet = selectedPacket else { return .refuse("it is about no single packet") }
      let lead = findings.lead(scene)
      leaveTrail()
      let news = go(toPacket: packet)
      detail.showFinding(lead, ofPacketAt: timeline.packet(scene), beside: .timeline)
      return news
    case .stats:
      guard let filter = stats.filter else {
        return .hint("l and h go from number to number, Enter to what is behind one")
      }
      leaveTrail()
      view = .timeline
      scene.settings.follow = false
      scene.scope.setFilter(filter, over: scene.trace)
      timeline.list.select(0)
    case .rules: break
    }
    return []
  }

  /// From a line of the detail: to the packet that it names, or to its bytes.
  private mutating func openDetailLine() -> [Response] {
    guard let line = detail.selectedLine else { return [] }
    if let packet = line.packet, packet != selectedPacket {
      leaveTrail()
      return go(toPacket: packet)
    }
    if detail.showBytes(beside: view) || detail.showField(beside: view) { return [] }
    isMaximised.toggle()
    return []
  }

  mutating func go(toPacket number: Int) -> [Response] {
    let index = scene.trace.index
    guard let row = index.row(number: number) else {
      let last = index.count > 0 ? index.number(at: index.count - 1) : 0
      return .refuse("there is no packet \(number); the last is \(last)")
    }
    return go(toRow: row)
  }

  /// Selects the packet in the Timeline. Where it is folded away, its command; where the filter hides it, the filter goes.
  private mutating func go(toRow row: Int) -> [Response] {
    var target = row
    var news: [Response] = []
    if let start = scene.scope.start, row < start.packets {
      scene.scope.unclear()
      refreshRows()
      news = .done("all is shown again, packet \(scene.trace.index.number(at: row)) among it")
    }
    if !timeline.rows.shows(target), let command = scene.trace.index[row].foldsInto { target = command }
    if !timeline.rows.shows(target), filter != nil {
      news = dropFilter("as it hides packet \(scene.trace.index.number(at: row))")
    }
    if !timeline.rows.shows(target) { target = row }
    over.help = nil
    over.showsComparison = false
    stand(at: timeline.rows.line(of: target))
    return news
  }

  /// Selects the line of a connection without a packet; a filter takes none of them.
  private mutating func go(toSilent place: Int) -> [Response] {
    let news = filter == nil ? [] : dropFilter("as it hides connections without a packet")
    stand(at: timeline.rows.line(ofSilent: place))
    return news
  }

  private mutating func dropFilter(_ why: String) -> [Response] {
    scene.scope.setFilter("", over: scene.trace)
    refreshRows()
    return .done("filter off, \(why)")
  }

  private mutating func stand(at line: Int?) {
    (view, focus) = (.timeline, .list)
    scene.settings.follow = false
    if let line { timeline.list.reveal(line) }
  }

  // MARK: back

  /// Remembers where the operator is.
  private mutating func leaveTrail() {
    trail.append(
      TrailStep(
        view: view, filter: filter?.text ?? "", packet: selectedPacket,
        mail: view == .messages ? messages.selectedMail : nil, row: list.cursor, follow: settings.follow))
  }

  private mutating func retrace(_ step: TrailStep) {
    (view, focus) = (step.view, .list)
    if (filter?.text ?? "") != step.filter { scene.scope.setFilter(step.filter, over: scene.trace) }
    if view == .timeline, let packet = step.packet, let row = scene.trace.index.row(number: packet) {
      refreshRows()
      if case .say(let news)? = go(toRow: row).first { status = news }
      return
    }
    scene.settings.follow = step.follow
    list.select(step.row)
    if let mail = step.mail {
      refreshRows()
      messages.reveal(scene.trace.index.head(ofMessage: mail))
    }
  }

  mutating func back() -> [Response] {
    if help != nil {
      help = nil
    } else if compared != nil {
      return leaveComparison()
    } else if isMaximised {
      isMaximised = false
      if isOnDesk { focus = .list }
    } else if focus == .detail {
      focus = .list
    } else if let step = trail.popLast() {
      retrace(step)
    } else if view != home, filter == nil || view != .timeline {
      view = home
    } else if let search, search.isMarked {
      self.search?.isMarked = false
      return .done("no longer marked: '\(search.text)'" + (filter == nil ? "" : "; again: filter off"))
    } else if filter != nil {
      scene.scope.setFilter("", over: scene.trace)
      return .done("filter off")
    } else if leaving.hasList {
      return leave(for: .list)
    } else {
      return .hint("nothing to go back to; Q quits")
    }
    return []
  }

  // MARK: the filter being typed

  /// The filter and the place before another was typed.
  struct FilterBefore {
    var scope: Scope
    var timeline: TimelinePane
    var messages: MessagesPane
    /// Whether marks or findings came since.
    var isOutdated = false
  }

  /// Shows what the text typed so far takes, as long as it holds; the place is sought anew from where it was before.
  mutating func tryFilter(_ prompt: Prompt) {
    guard prompt.purpose == .filter else { return }
    switch prompt.validity {
    case .incomplete, .invalid: return
    case .open, .valid: break
    }
    guard !prompt.mayBecomeTerm else { return }
    let text = prompt.closedText
    guard filter?.expression != (try? Expression(filter: text)) else { return }
    // Not earlier: a pass that goes on must not leave a copy of itself behind.
    let before = filterBefore ?? FilterBefore(scope: scene.scope, timeline: timeline, messages: messages)
    filterBefore = before
    scene.scope.setFilter(text, over: scene.trace)
    timeline.anchor = before.timeline.selectedRow
  }

  /// The filter being typed stays. The one that was there already looks anew: marks and findings may be others by now.
  mutating func keepFilter(_ text: String) {
    let before = filterBefore
    filterBefore = nil
    let expression = try? Expression(filter: text)
    if before == nil || expression == before?.scope.filter?.expression || expression != filter?.expression {
      scene.scope.setFilter(text, over: scene.trace)
    }
  }

  /// Everything as it was before the filter was typed.
  mutating func leaveFilter() {
    guard let before = filterBefore else { return }
    filterBefore = nil
    (scene.scope, timeline, messages) = (before.scope, before.timeline, before.messages)
    timeline.anchor = nil
    guard before.isOutdated, let filter else { return }
    scene.scope.setFilter(filter.text, over: scene.trace)
    timeline.anchor = before.timeline.selectedRow
  }

  /// What the prompt says of the filter being typed.
  func filterWords(_ prompt: Prompt) -> String? {
    guard let filter, !prompt.mayBecomeTerm else { return nil }
    let count = view == .messages ? messages.mails.count : timeline.rows.count
    let what = view == .messages ? NumberText.count(count, "mail") : NumberText.grouped(count)
    var words = count == 0 ? "nothing matches" : "\(what) \(count == 1 ? "matches" : "match")"
    if let reading = Expression.plainReading(of: filter.text) { words += " " + reading }
    if scene.isBusy { return words + " …" }
    if count == 0, let term = filter.expression.misspelledTerm { words += "; did you mean \(term)?" }
    return words
  }
}
