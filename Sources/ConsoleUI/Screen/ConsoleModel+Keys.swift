import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

// Keys, to whoever has them: what is open at the bottom, else the pane in `place`.
extension ConsoleModel {
  mutating func pressed(_ key: Key) -> [Response] {
    if case .mouse(let mouse) = key { return pointed(mouse) }
    status = nil
    switch bottom.behind {
    case .prompt: break
    case .idle, .menu, .form, .question: timeline.anchor = nil
    }
    switch bottom {
    case .prompt(let prompt): return typed(key, into: prompt)
    case .menu, .form, .question: return bottom.press(key)
    case .idle: break
    }
    if case .character(let digit) = key, ("0"..."9").contains(digit), scene.keymap.isFree(key) {
      typed(digit: digit)
      return []
    }
    let run = digits
    digits = nil
    switch scene.keymap.meaning(of: key, in: place) {
    case .text(let line): return [.run(line)]
    case .act(let act, let takesCount):
      guard takesCount, let run, let number = run.count, !run.isStale(at: scene.trace.now) else {
        return perform(act)
      }
      if help == nil { show(run.origin) }
      return perform(act, count: number)
    case nil: return .hint("\(key) does nothing here; ? lists the keys")
    }
  }

  private mutating func typed(digit: Unicode.Scalar) {
    let now = scene.trace.now
    var run = digits ?? DigitRun(origin: view, at: now)
    if !run.add(digit, at: now) {
      run = DigitRun(origin: view, at: now)
      _ = run.add(digit, at: now)
    }
    digits = run
    guard let number = Int(String(digit)), let view = ListView(rawValue: number) else { return }
    if run.digits.count == 1 || help == nil { show(view) }
  }

  /// Does what a key, or its word at the prompt, stands for.
  mutating func perform(_ act: Act, count: Int? = nil) -> [Response] {
    let news = act.isForHeld ? aimAtHeld() : []
    return news + responses(to: act, count: count, subject)
  }

  private mutating func responses(to act: Act, count: Int?, _ subject: Subject) -> [Response] {
    switch act {
    case .bottom where count != nil && compared == nil: return go(toPacket: count ?? 0)
    case .down, .up, .top, .bottom, .halfDown, .halfUp, .pageDown, .pageUp: move(act, count: count)
    case .nextTab: if view == .stats { stats.move(by: 1) } else { turn(to: tab.moved(by: 1)) }
    case .previousTab: if view == .stats { stats.move(by: -1) } else { turn(to: tab.moved(by: -1)) }
    case .pane: switchPane()
    case .open: return open()
    case .back: return back()
    case .fold:
      if view == .findings { _ = findings.toggleGroup() }
      return view == .timeline ? timeline.fold(scene) : []
    case .maximise: isMaximised.toggle()
    case .split: return turnSplit()
    case .borderLeft: return moveBorder(by: -1)
    case .borderRight: return moveBorder(by: 1)
    case .timeline: show(.timeline)
    case .messages: show(.messages)
    case .held: show(.held)
    case .findings: show(.findings)
    case .rules: show(.rules)
    case .stats: show(.stats)
    case .accept: return held.decide(.take, subject)
    case .reject: return held.decide(.reject, subject)
    case .tempfail: return held.decide(.tempfail, subject)
    case .discard: return held.decide(.discard, subject)
    case .quarantine: return held.decide(.quarantine, subject)
    case .ownReply: return held.decide(.ownReply, subject)
    case .allLike: return held.askAllLike()
    case .ruleOfDecision: return held.askRule()
    case .savePart: return subject.askSavePart(focus == .detail ? detail.selectedLine?.part : nil)
    case .forward: return [.instruct(.forward)]
    case .forwardAll: return HeldPane.askForwardAll(scene.trace)
    case .step: return [.instruct(.step)]
    case .verdictMenu: return subject.askVerdict()
    case .changeMenu: return subject.askChange()
    case .drop: return subject.drop()
    case .undo: return subject.revert(.last)
    case .revert: return subject.revert(.all)
    case .form: return subject.form()
    case .edit: return subject.edit(editDraft)
    case .close: return subject.askClose()
    case .holdPrompt: return [.ask(.hold, scene.rules.holdExpression)]
    case .arm: return [.arm(!scene.rules.isArmed)]
    case .addRule: return [.ask(.rule(nil), "on ")]
    case .editRule: return rules.edit(scene.rules)
    case .switchRule: return rules.switchOver(scene.rules)
    case .deleteRule: return rules.askDelete(scene.rules)
    case .ruleUp: return rules.change(rules.selected(scene.rules), .up, scene.rules)
    case .ruleDown: return rules.change(rules.selected(scene.rules), .down, scene.rules)
    case .filterPrompt:
      help = nil
      return [.ask(.filter, filter?.text ?? "")]
    case .searchPrompt: return [.ask(.search, "")]
    case .notePrompt: return subject.note()
    case .writePrompt: return [.ask(.write, "")]
    case .record: return scene.trace.recording.ask(scene.trace)
    case .exportMenu: return exporting.askFormat()
    case .prompt: return [.ask(.instruction, "")]
    case .next: return search(step: 1, count: count ?? 1)
    case .previous: return search(step: -1, count: count ?? 1)
    case .nextFinding: return jump(step: 1, count: count ?? 1, to: .finding)
    case .previousFinding: return jump(step: -1, count: count ?? 1, to: .finding)
    case .nextRefusal: return jump(step: 1, count: count ?? 1, to: .refusal)
    case .previousRefusal: return jump(step: -1, count: count ?? 1, to: .refusal)
    case .nextMark: return jump(step: 1, count: count ?? 1, to: .mark)
    case .toggleMark: return [.instruct(subject.isMarked ? .unmark : .mark)]
    case .time:
      scene.settings.turnTimeMode()
      return .done("time: " + scene.settings.time.words)
    case .diff: detail.toggleEffect(beside: view, hasKeys: focus == .detail)
    case .explain: detail.toggleLog(beside: view)
    case .follow:
      scene.settings.follow = !timeline.isFollowing(scene)
      timeline.following.restart()
      if settings.follow { timeline.list.select(timeline.list.count - 1) }
      return .done(settings.follow ? "following the newest packet" : "not following")
    case .freeze:
      let isFrozen = scene.scope.freeze != nil
      scene.scope.freeze = isFrozen ? nil : Scope.Extent(scene.trace.index)
      return .done(isFrozen ? "display goes on" : "display frozen; recording goes on")
    case .clear: return Clearing.ask(scene.scope)
    case .sort: return sort()
    case .copy: return copy(subject)
    case .compared: return turnComparison()
    case .replay: return replay([])
    case .fork: return askChanges()
    case .help:
      help = help == nil ? HelpPane(for: placeBehindHelp, scene.trace) : nil
    case .redraw: return [.outside(.redraw)]
    case .suspend: return suspend()
    case .leave: return leave()
    }
    return []
  }

  /// Going up leaves the newest packet alone; only `G` and `F` take it up again.
  private mutating func move(_ act: Act, count: Int?) {
    if help != nil {
      help?.move(act, count: count)
    } else if compared != nil {
      compared?.move(act, count: count)
    } else if focus == .detail {
      detail.list.move(act, count: count)
    } else {
      list.move(act, count: count)
      guard view == .timeline else { return }
      if act == .bottom, scene.trace.isLive {
        scene.settings.follow = true
        timeline.following.restart()
      } else if [.up, .top, .halfUp, .pageUp].contains(act) {
        scene.settings.follow = false
      }
    }
  }

  private mutating func jump(step: Int, count: Int, to landmark: TimelinePane.Landmark) -> [Response] {
    if view != .timeline { show(.timeline) }
    let news = timeline.jump(step: step, count: count, to: landmark, scene)
    // What was jumped for stands at the top of Fields; a mark stands in the list.
    if landmark != .mark { detail.showFinding(nil, ofPacketAt: nil, beside: .timeline) }
    return news
  }

  private mutating func sort() -> [Response] {
    switch view {
    case .messages: messages.sort(scene)
    case .findings: findings.sort()
    case .timeline, .held, .rules, .stats: .refuse("only Messages and Findings are sorted in other ways")
    }
  }

  private func copy(_ subject: Subject) -> [Response] {
    guard let bytes = (focus == .detail ? detail.selectedLine?.value : nil) ?? subject.text else {
      return .refuse("nothing to copy here")
    }
    let text = Clipboard.pasteable(bytes)
    return [.outside(.copy(text))]
      + .done("copied \(NumberText.bytes(text.count)) to the terminal's clipboard")
  }

  // MARK: prompts

  private mutating func typed(_ key: Key, into prompt: Prompt) -> [Response] {
    var prompt = prompt
    switch prompt.press(key, history[prompt.purpose]) {
    case .ignores: break
    case .changes:
      bottom = .prompt(prompt)
      tryOut(prompt)
    case .leaves:
      if prompt.purpose == .filter { leaveFilter() }
      if prompt.purpose == .search { leaveSearch() }
      bottom = .idle
    case .enters:
      // What is wrong stands above the line; the line stays to be mended.
      let fault = prompt.refusal()
      bottom = fault == nil ? .idle : .prompt(prompt)
      return fault.map { .refuse($0) } ?? entered(prompt.closedText, for: prompt.purpose)
    }
    return []
  }

  /// Shows already what the line comes to.
  mutating func tryOut(_ prompt: Prompt) {
    rules.tryOut(RulesPane.expression(of: prompt))
    tryFilter(prompt)
    trySearch(prompt)
  }

  private mutating func entered(_ text: String, for purpose: Prompt.Purpose) -> [Response] {
    history.remember(text, for: purpose)
    let kept = PromptHistory.word(for: text, at: purpose).map {
      Response.outside(.keepLine(purpose: $0, text: text))
    }
    return (text.isEmpty ? [] : [kept].compactMap { $0 }) + taken(text, for: purpose)
  }

  private mutating func taken(_ text: String, for purpose: Prompt.Purpose) -> [Response] {
    // While one types, a deadline may pass.
    if purpose.isForSelected(text), let aim, aim.wasHeld, !subject.isHeld {
      let words = scene.trace.isDesk ? "that mail is no longer waiting" : "that packet is no longer held"
      return .refuse(words + "; nothing was done")
    }
    switch purpose {
    case .search where text.isEmpty:
      leaveSearch()
      return []
    case .instruction, .search, .note, .write, .record, .fork, .milter: if text.isEmpty { return [] }
    case .filter, .reply, .quarantine, .hold, .rule: break
    }
    switch purpose {
    case .instruction: return [.run(text)]
    case .filter: keepFilter(text)
    case .search:
      leaveSearch()
      return startSearch(text)
    case .note: return [.instruct(.note(text))]
    case .write: return write(to: text)
    case .record(let withPast): return [.outside(.record(path: text, withPast: withPast))]
    case .reply:
      guard scene.trace.isDesk, view == .held || view == .messages,
        let instruction = try? Instruction(parsing: "reply " + text)
      else { return [.run("reply " + text)] }
      return [.conclude([instruction])]
    case .quarantine: return [.conclude(held.quarantining(text))]
    case .fork: return (try? ChangesLine.instructions(text)).map { replay($0) } ?? []
    case .milter: return replay(at: text)
    case .hold: return scene.rules.hold(on: text)
    case .rule(let place): return scene.rules.set(text, at: place)
    }
    return []
  }

  // MARK: leaving

  func suspend() -> [Response] {
    switch leaving.suspension {
    case .impossible: .refuse("there is no shell to go back to")
    case .stopsMail where scene.trace.isProxy:
      .confirm("Mail waits while this is suspended. Suspend?", .suspend)
    case .stopsMail, .screenAlone: [.outside(.suspend)]
    }
  }

  /// - Parameter place: where to; of several files of a folder, back to the list of them.
  func leave(for place: Leaving.Place = .shell) -> [Response] {
    let noted = unwritten.packets.count
    if noted > 0 {
      let key = scene.key(for: .writePrompt, in: .timeline, else: ": write FILE")
      let what = "Notes or marks on \(NumberText.count(noted, "packet"))"
      let verb = place == .list ? "Back to the list" : "Quit"
      return .confirm("\(what) are unwritten; \(key) writes. \(verb)?", place.effect)
    }
    let trace = scene.trace
    guard trace.isLive else { return [.outside(place.effect)] }
    // What was decided about goes out before the end.
    let waiting = trace.waiting.count { !held.decided.contains($0.number) }
    if waiting > 0 { return [.choose(leaving.menu(held: waiting))] }
    guard trace.isProxy else { return [.outside(.quit)] }
    let open = trace.connections.count { $0.isOpen }
    guard open > 0 else { return [.outside(.quit)] }
    return .confirm("\(NumberText.count(open, "connection")) still open. Quit and end them?", .quit)
  }
}
