import Mail
import MilterProtocol

extension ConsoleModel {
  /// Does what a key, or its word at the prompt, stands for.
  mutating func perform(_ act: Act, count: Int? = nil) -> [ConsoleEffect] {
    switch act {
    case .down: move(by: count ?? 1)
    case .up: move(by: -(count ?? 1))
    case .top: moveToTop()
    case .bottom:
      if let count { return go(toPacket: count) }
      moveToBottom()
    case .halfDown: page(by: max(1, paneHeight / 2) * (count ?? 1))
    case .halfUp: page(by: -max(1, paneHeight / 2) * (count ?? 1))
    case .pageDown: page(by: max(1, paneHeight - 1) * (count ?? 1))
    case .pageUp: page(by: -max(1, paneHeight - 1) * (count ?? 1))
    case .nextTab: turn(to: tab.moved(by: 1))
    case .previousTab: turn(to: tab.moved(by: -1))
    case .pane: switchPane()
    case .open: return open()
    case .back: back()
    case .fold: fold()
    case .maximise: isMaximised.toggle()
    case .timeline: show(.timeline)
    case .messages: show(.messages)
    case .held: show(.held)
    case .findings: show(.findings)
    case .rules: show(.rules)
    case .stats: show(.stats)
    case .accept: return decide(.take)
    case .reject: return decide(.reject)
    case .tempfail: return decide(.tempfail)
    case .discard: return decide(.discard)
    case .quarantine: return decide(.quarantine)
    case .ownReply: return decide(.ownReply)
    case .allLike: return askAllLike()
    case .ruleOfDecision: return askRule()
    case .savePart: return askSavePart()
    case .forward: return instruct(.forward)
    case .forwardAll: return askForwardAll()
    case .step: return instruct(.step)
    case .verdictMenu: return askVerdict()
    case .changeMenu: return askChange()
    case .drop: return askDrop()
    case .revert: return revert()
    case .form: return openForm()
    case .edit: return openEditor()
    case .close: return askClose()
    case .holdPrompt: ask(.hold, text: ruleList.holdExpression)
    case .arm: return arm(!ruleList.isArmed)
    case .addRule: ask(.rule(nil), text: "on ")
    case .editRule: return editRule()
    case .switchRule: return switchRule()
    case .deleteRule: return askDeleteRule()
    case .ruleUp: return changeRule(selectedRule, .up)
    case .ruleDown: return changeRule(selectedRule, .down)
    case .filterPrompt:
      helpTop = nil
      ask(.filter, text: filter?.text ?? "")
    case .searchPrompt: ask(.search)
    case .notePrompt:
      guard selectedPacket != nil else { return refuse("no packet is selected") }
      ask(.note)
    case .writePrompt: ask(.write)
    case .exportMenu: return askExport()
    case .prompt: ask(.instruction)
    case .next: return search(step: 1, count: count ?? 1)
    case .previous: return search(step: -1, count: count ?? 1)
    case .nextFinding: return jump(step: 1, count: count ?? 1, to: .finding)
    case .previousFinding: return jump(step: -1, count: count ?? 1, to: .finding)
    case .nextMark: return jump(step: 1, count: count ?? 1, to: .mark)
    case .toggleMark: return toggleMark()
    case .time: nextTimeMode()
    case .diff: showDiff()
    case .follow: toggleFollow()
    case .freeze: toggleFreeze()
    case .copy: return copySelection()
    case .help:
      helpTop = helpTop == nil ? 0 : nil
      helpMatch = nil
    case .redraw: return [.redraw]
    case .suspend: return suspend()
    case .leave: return leave()
    }
    return []
  }

  mutating func refuse(_ words: String) -> [ConsoleEffect] {
    status = StatusMessage(.refused, words)
    return []
  }

  // MARK: moving

  private mutating func move(by rows: Int) {
    if helpTop != nil { return scrollHelp(by: rows) }
    switch focus {
    case .list:
      list.move(by: rows)
      followsAfterMove(down: rows > 0)
    case .detail: detail.list.move(by: rows)
    }
  }

  private mutating func page(by rows: Int) {
    if helpTop != nil { return scrollHelp(by: rows) }
    switch focus {
    case .list:
      list.page(by: rows)
      followsAfterMove(down: rows > 0)
    case .detail: detail.list.page(by: rows)
    }
  }

  private mutating func moveToTop() {
    if helpTop != nil { return helpTop = 0 }
    switch focus {
    case .list:
      list.select(0)
      if view == .timeline { settings.follow = false }
    case .detail: detail.list.select(0)
    }
  }

  private mutating func moveToBottom() {
    if helpTop != nil { return scrollHelp(by: helpLineCount) }
    switch focus {
    case .list:
      list.select(list.count - 1)
      if view == .timeline, isLive { settings.follow = true }
    case .detail: detail.list.select(detail.list.count - 1)
    }
  }

  /// Going up leaves the newest packet alone; only `G` and `F` take it up again.
  mutating func followsAfterMove(down: Bool) {
    if view == .timeline, !down { settings.follow = false }
  }

  mutating func scrollHelp(by rows: Int) {
    helpTop = max(0, min((helpTop ?? 0) + rows, helpLineCount - helpHeight))
  }

  // MARK: views and panes

  mutating func show(_ view: ListView) {
    helpTop = nil
    guard view != self.view else { return }
    // From the packets of one mail back to all mails that were shown.
    if let step = trail.last(where: { $0.view == view && view == .messages }) {
      trail = []
      return retrace(step)
    }
    self.view = view
    focus = .list
    trail = []
  }

  private mutating func switchPane() {
    guard hasDetail, helpTop == nil else { return }
    focus = focus == .list ? .detail : .list
  }

  /// To another tab; Hex lights the field that was selected in Fields last.
  mutating func turn(to other: DetailTab) {
    if tab == .fields { lit = focus == .detail ? detail.selectedLine?.bytes : nil }
    tab = other
  }

  private mutating func open() -> [ConsoleEffect] {
    if focus == .detail { return openDetailLine() }
    switch view {
    case .timeline: if selectedPacket != nil || selectedSilent != nil { focus = .detail }
    case .messages where selectionIsOnDesk: openWhole()
    case .messages:
      guard let row = selectedMessage else { return [] }
      leaveTrail()
      view = .timeline
      settings.follow = false
      setFilter("conn == \(trace.connections[row.connection].number) and msg == \(row.number)")
      list.select(0)
    case .held where selectionIsOnDesk: openWhole()
    case .held: if selectedPacket != nil { focus = .detail }
    case .findings:
      if let finding = selectedFinding, finding.row == nil,
        let place = trace.index.silent.firstIndex(where: { $0.connection == finding.connection })
      {
        leaveTrail()
        return go(toSilent: place)
      }
      guard let packet = selectedPacket else { return refuse("it is about no single packet") }
      leaveTrail()
      return go(toPacket: packet)
    case .rules, .stats: break
    }
    return []
  }

  /// From a line of the detail: to the packet that it names, or to its bytes.
  private mutating func openDetailLine() -> [ConsoleEffect] {
    guard let line = detail.selectedLine else { return [] }
    if let packet = line.packet, packet != selectedPacket {
      leaveTrail()
      return go(toPacket: packet)
    }
    if line.bytes != nil, tab != .hex {
      lit = line.bytes
      tab = .hex
    } else {
      isMaximised.toggle()
    }
    return []
  }

  private mutating func back() {
    if helpTop != nil {
      helpTop = nil
    } else if isMaximised {
      isMaximised = false
      if selectionIsOnDesk { focus = .list }
    } else if focus == .detail {
      focus = .list
    } else if let step = trail.popLast() {
      retrace(step)
    } else if view != home, filter == nil || view != .timeline {
      view = home
    } else if search?.isMarked == true {
      search?.isMarked = false
      status = StatusMessage(
        .done, "no longer marked: '\(search?.text ?? "")'" + (filter == nil ? "" : "; again: filter off"))
    } else if filter != nil {
      setFilter("")
      status = StatusMessage(.done, "filter off")
    } else {
      status = StatusMessage(.hint, "nothing to go back to; Q quits")
    }
  }

  private mutating func fold() {
    guard view == .timeline else { return }
    guard let command = foldableCommand, let selected = selectedPacket else {
      status = StatusMessage(.hint, "no macros belong to this packet")
      return
    }
    if unfolded.remove(command) == nil { unfolded.insert(command) }
    rowsAreStale = true
    refreshRows()
    // Macros that fold away leave the place to their command.
    guard let own = trace.index.row(number: selected), let row = trace.index.row(number: command) else {
      return
    }
    timelineList.reveal(rows.line(of: rows.shows(own) ? own : row))
  }

  private mutating func showDiff() {
    tab = .message
    showsEffect.toggle()
    if focus == .list { detail.list.select(0) }
  }

  // MARK: screen

  private mutating func nextTimeMode() {
    let all = Settings.TimeMode.allCases
    let next = ((all.firstIndex(of: settings.time) ?? 0) + 1) % all.count
    settings.time = all[next]
    status = StatusMessage(.done, "time: " + all[next].words)
  }

  private mutating func toggleFollow() {
    settings.follow.toggle()
    status = StatusMessage(.done, settings.follow ? "following the newest packet" : "not following")
    if settings.follow { timelineList.select(timelineList.count - 1) }
  }

  private mutating func toggleFreeze() {
    freeze = isFrozen ? nil : Freeze(trace.index)
    status = StatusMessage(.done, isFrozen ? "display frozen; recording goes on" : "display goes on")
  }

  /// The whole program stops, and with it a proxy: mail waits for it.
  mutating func suspend() -> [ConsoleEffect] {
    guard case .live = origin else { return [.suspend] }
    question = Question(words: "Mail waits while this is suspended. Suspend?", yes: [.suspend])
    return []
  }

  private mutating func leave() -> [ConsoleEffect] {
    let noted = unwritten.packets.count
    if noted > 0 {
      let key = keymap.key(for: .writePrompt, in: .timeline)?.description ?? ": write FILE"
      let what = "Notes or marks on \(NumberText.count(noted, "packet"))"
      question = Question(
        words: "\(what) are unwritten; \(key) writes. Quit?", yes: [.quit])
      return []
    }
    guard isLive else { return [.quit] }
    // What was decided about goes out before the end.
    let waiting = held.count { !decided.contains($0.number) }
    if waiting > 0 {
      let count = NumberText.count(waiting, "packet is", "packets are")
      question = Question(words: "\(count) held. Quit and end all connections?", yes: [.quit])
      return []
    }
    guard case .live = origin, openConnections > 0 else { return [.quit] }
    question = Question(
      words: "\(NumberText.count(openConnections, "connection")) still open. Quit and end them?", yes: [.quit]
    )
    return []
  }
}

extension Settings.TimeMode {
  var words: String {
    switch self {
    case .clock: "time of day"
    case .start: "since the trace began"
    case .delta: "since the packet before"
    }
  }
}
