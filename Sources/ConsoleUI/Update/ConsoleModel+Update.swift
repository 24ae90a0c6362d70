import Cells
import MilterProtocol

extension ConsoleModel {
  /// Takes in what happened; answers with what is to be done outside. The one way in which the screen changes.
  package mutating func update(_ event: ConsoleEvent) -> [ConsoleEffect] {
    var effects: [ConsoleEffect] = []
    switch event {
    case .key(let key): effects = pressed(key)
    case .appended:
      catchUp(limit: ConsoleModel.sliceRecords)
      showOutcome()
    case .tick(let moment): now = max(now, moment)
    case .resized(let size): self.size = size
    case .idle: effects = work()
    case .suspending: effects = suspend()
    case .reported(let message): status = message
    case .streamChanged(let stream): self.stream = stream
    case .rulesRefused(let why):
      ruleList.takeBack()
      status = StatusMessage(.refused, why)
    case .edited(let request, let text): effects = edited(request, text)
    case .taken(let path, let bytes):
      question = Question(
        words: "\(path) is there already. Replace it?", yes: [.save(path: path, bytes: bytes, replaces: true)]
      )
    case .exists(let path, let records):
      question = Question(
        words: "\(path) is there already. Replace it?",
        yes: [.write(path: path, records: records, replaces: true)])
    case .wrote(let records, let words):
      wrote(records)
      status = StatusMessage(.done, words)
    case .exportExists(let request, let path):
      question = Question(
        words: "\(path) is there already. Replace it?", yes: [.export(request, replaces: true)])
    }
    settle()
    return effects
  }

  /// Makes the parts that are made of others fit again.
  mutating func settle() {
    refreshRows()
    refreshQuestion()
    refreshDesk()
    resizePanes()
    refreshDetail()
  }

  private mutating func pressed(_ key: Key) -> [ConsoleEffect] {
    if case .mouse(let mouse) = key { return pointed(mouse) }
    if prompt == nil { anchor = nil }
    if status?.weight != nil { status = nil }
    if menu == nil, prompt == nil { askedAbout = selectionIsHeld ? selectedPacket : nil }
    if question != nil { return answered(with: key) }
    if form != nil { return filledIn(key) }
    if menu != nil { return chosen(with: key) }
    if prompt != nil { return typed(key) }
    if case .character(let digit) = key, ("0"..."9").contains(digit), keymap.isFree(key) {
      return typed(digit: digit)
    }
    let run = digits
    digits = nil
    switch keymap.meaning(of: key, in: place) {
    case .text(let line): return self.run(line)
    case .act(let act, let takesCount):
      var count: Int?
      if takesCount, let run, let number = run.count, !run.isStale(at: now) {
        count = number
        if helpTop == nil { show(run.origin) }
      }
      return perform(act, count: count)
    case nil:
      status = StatusMessage(.hint, "\(key) does nothing here; ? lists the keys")
      return []
    }
  }

  private mutating func typed(digit: Unicode.Scalar) -> [ConsoleEffect] {
    var run = digits ?? DigitRun(origin: view, at: now)
    if !run.add(digit, at: now) {
      run = DigitRun(origin: view, at: now)
      _ = run.add(digit, at: now)
    }
    digits = run
    if let number = Int(String(digit)), let view = ListView(rawValue: number) {
      if run.digits.count == 1 || helpTop == nil { show(view) }
    }
    return []
  }
}
