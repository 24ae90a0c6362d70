import ConsoleUI
import Glibc
import MilterProtocol
import ProxyRuntime
import TerminalDriver
import TraceModel

/// The screen's turn of the main thread: one poll over terminal, signals and records; update; at most 30 frames a second
/// and one for each key.
///
/// The first frame after quiet is drawn at once. Whatever takes long is cut into slices (`ConsoleModel.isBusy`), and keys
/// are looked at between two of them.
final class ScreenLoop {
  enum End {
    case quit
    /// To the list that the trace was picked from.
    case list
    /// A signal said so.
    case ended
    /// The terminal has gone; whoever relays mail goes on.
    case lost
  }

  static let frameInterval = Duration.milliseconds(33)
  /// How often to look whether the shell has handed the terminal over.
  private static let lookInterval = Duration.milliseconds(50)
  /// After a key somebody waits for the next one.
  private static let frameIntervalAfterKey = Duration.milliseconds(8)

  private let terminal: Terminal
  private let feed: any ScreenFeed
  private var model: ConsoleModel
  private var needsDrawing = true
  /// A key has come since the last frame.
  private var answersKey = false
  private var lastDrawn = ContinuousClock.now - .seconds(1)
  private var end: End?
  /// What is being written, and how far it is.
  private var export: ScreenExport?
  private var exportPercent = -1
  /// What is being said again to a milter.
  private var replay: ScreenReplay?

  /// - Parameter effects: what was asked for before there was a screen.
  init(
    _ terminal: Terminal, _ feed: any ScreenFeed, _ model: ConsoleModel, _ effects: [ConsoleEffect] = []
  ) {
    self.terminal = terminal
    self.feed = feed
    self.model = model
    if model.scene.settings.theme == .auto { terminal.askGround() }
    send(.tick(feed.now))
    send(.resized(terminal.size))
    send(.appended)
    for effect in effects { perform(effect) }
  }

  func run(_ signals: borrowing Signals) -> End {
    // Whoever quits waits for what is being written.
    while end == nil || isLeft && (export != nil || isCopying) {
      if terminal.comeBack() { send(.resized(terminal.size)) }
      drawIfDue()
      poll(signals)
      for signal in signals.take() { obey(signal) }
      send(.tick(feed.now))
      takeKeys()
      takeRecords()
      takeReplay()
      if model.isBusy { send(.idle) }
      if end == nil || isLeft {
        goOnExporting()
        goOnRecording()
      }
      if model.showsTime { needsDrawing = true }
    }
    return end ?? .quit
  }

  private var isLeft: Bool { end == .quit || end == .list }

  /// Whether the model has more to do than there was time for.
  var isBusy: Bool { model.isBusy }

  // MARK: waiting

  private func poll(_ signals: borrowing Signals) {
    var polled = [
      pollfd(fd: terminal.isAway ? -1 : terminal.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    // A descriptor below zero is passed over.
    let feeding = restLeft == .zero ? feed.descriptor : nil
    for descriptor in [feeding, replay?.descriptor] {
      polled.append(pollfd(fd: descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    }
    _ = Glibc.poll(&polled, nfds_t(polled.count), Int32(patience.milliseconds))
    feedIsReady = polled[2].revents != 0
  }

  private var feedIsReady = false
  private var lastAsked = ContinuousClock.now - .seconds(1)

  private var patience: Duration {
    if model.isBusy || export != nil || isCopying { return .zero }
    var patience = terminal.isAway ? Self.lookInterval : .seconds(1)
    if let keys = terminal.keyPatience { patience = min(patience, keys) }
    if let feed = feed.patience { patience = min(patience, feed) }
    if restLeft > .zero { patience = min(patience, restLeft) }
    if needsDrawing, !terminal.isAway { patience = min(patience, max(.zero, interval - sinceDrawn)) }
    return patience
  }

  /// How long the feed is still left alone.
  private var restLeft: Duration { max(.zero, feed.rest - lastAsked.duration(to: .now)) }
  private var interval: Duration { answersKey ? Self.frameIntervalAfterKey : Self.frameInterval }
  private var sinceDrawn: Duration { lastDrawn.duration(to: .now) }

  // MARK: taking in

  private func takeKeys() {
    guard !terminal.isAway else { return }
    var typed = ""
    while end == nil, let key = terminal.nextKey() {
      answersKey = true
      // What is pasted where terminals do not mark it comes as thousands of keys, and a line is looked at after each.
      if case .character(let scalar) = key, model.takesText {
        typed.unicodeScalars.append(scalar)
      } else {
        enter(&typed)
        send(.key(key))
      }
    }
    enter(&typed)
    // It told another background.
    if terminal.isBlank { needsDrawing = true }
    if terminal.isClosed { end = .lost }
  }

  /// Characters that came at once, for a line.
  private func enter(_ typed: inout String) {
    switch typed.unicodeScalars.count {
    case 0: return
    case 1: for scalar in typed.unicodeScalars { send(.key(.character(scalar))) }
    default: send(.key(.paste(Array(typed.utf8))))
    }
    typed = ""
  }

  private func takeRecords() {
    let isDue = feed.patience.map { lastAsked.duration(to: .now) >= $0 } ?? false
    guard feedIsReady || isDue else { return }
    lastAsked = .now
    for words in feed.takeMessages() { send(.reported(StatusMessage(.refused, words))) }
    do throws(FileFailure) {
      if try feed.refresh() { send(.appended) }
      if feed.stream != model.scene.trace.stream { send(.streamChanged(feed.stream)) }
      tellRecording()
    } catch {
      send(.reported(StatusMessage(.refused, error.message)))
    }
  }

  private func takeReplay() {
    guard let outcome = replay?.take() else { return }
    replay = nil
    switch outcome {
    case .compared(let pane): send(.compared(pane))
    case .refused(let words): report(words)
    }
  }

  private func obey(_ signal: Signals.Signal) {
    switch signal {
    // What happened to it meanwhile, is asked when the shell has handed it over.
    case .resized: if !terminal.isAway { send(.resized(terminal.resized())) }
    case .suspend: if !terminal.isAway { send(.suspending) }
    case .end: end = .ended
    case .hangUp: end = .lost
    }
  }

  private func send(_ event: ConsoleEvent) {
    for effect in model.update(event) { perform(effect) }
    if case .tick = event { return }
    needsDrawing = true
  }

  // MARK: giving out

  private func drawIfDue() {
    guard needsDrawing, sinceDrawn >= interval, !terminal.isAway else { return }
    terminal.reportsMouse = model.scene.settings.mouse
    terminal.theme = model.scene.settings.theme
    terminal.draw(render(model, size: terminal.size))
    needsDrawing = false
    answersKey = false
    lastDrawn = .now
  }

  private func perform(_ effect: ConsoleEffect) {
    switch effect {
    case .instruct(let instruction, let packet):
      let connection = model.connection(ofPacket: packet) ?? 0
      let body = instruction.rewritesPart ? model.body(ofMailWith: packet) : nil
      report(feed.obey(instruction, packet: packet, connection: connection, body: body))
      // Its outcome comes as a record.
      lastAsked = .now - feed.rest
      send(.appended)
    case .forwardAll: report(feed.forwardAll())
    case .setRules(let rules): if let refusal = feed.setRules(rules) { send(.rulesRefused(refusal)) }
    case .arm(let isOn): feed.arm(isOn)
    case .edit(let request): edit(request)
    case .write(let path, let records, let replaces): write(records, to: path, replacing: replaces)
    case .export(let request, let replaces): beginExport(request, replacing: replaces)
    case .save(let path, let bytes, let replaces): save(bytes, to: path, replacing: replaces)
    case .record(let path, let withPast): record(to: path, withPast)
    // One that is under way ends by itself, and nobody looks at it any more.
    case .replay(let request): replay = ScreenReplay(request, of: feed.records)
    case .stopRecording:
      let path = feed.recording
      feed.stopRecording()
      tellRecording()
      if let path { send(.reported(StatusMessage(.done, "\(path) is complete; no longer recording"))) }
    case .remember(let name, let value):
      if let failed = ConfigFile.remember(name.rawValue, value) { report(failed) }
    case .keepLine(let purpose, let text): HistoryFile.add(text, under: purpose)
    case .copy(let bytes):
      if !terminal.copy(bytes) {
        send(.reported(StatusMessage(.refused, "that is more than a terminal's clipboard takes")))
      }
    case .redraw:
      terminal.redraw()
      needsDrawing = true
    case .suspend:
      terminal.suspend()
      if !terminal.isAway { send(.resized(terminal.size)) }
    case .quit: end = .quit
    case .backToList: end = .list
    }
  }

  private func report(_ refusal: String?) {
    if let refusal { send(.reported(StatusMessage(.refused, refusal))) }
  }

  private func save(_ bytes: [UInt8], to path: String, replacing: Bool) {
    do throws(FileFailure) {
      var file = try NewFile(path, replacing: replacing, sparing: spared)
      try file.append(bytes)
      send(.reported(StatusMessage(.done, "saved \(NumberText.count(bytes.count, "byte")) to \(path)")))
    } catch {
      if error.isTaken {
        send(.exists(path: path, replace: .save(path: path, bytes: bytes, replaces: true)))
      } else {
        report(error.message)
      }
    }
  }

  private var spared: NewFile.Spared { NewFile.Spared(feed.paths, "it is the trace on the screen") }

  private func edit(_ request: EditRequest) {
    do throws(OperatorsEditor.Failure) {
      let text = try OperatorsEditor.edit(request.text, on: terminal)
      send(.resized(terminal.size))
      send(.edited(request, text))
    } catch {
      send(.resized(terminal.size))
      report(error.message)
    }
  }

  // MARK: recording

  /// What came before is being copied to the file.
  private var isCopying = false

  private func record(to path: String, _ withPast: Bool) {
    do throws(FileFailure) {
      _ = try spared.isThere(path)
      let words = try feed.record(to: path, withPast: withPast)
      isCopying = withPast
      tellRecording()
      send(.reported(StatusMessage(.done, words)))
    } catch {
      report(error.message)
    }
  }

  private func goOnRecording() {
    guard isCopying else { return }
    do throws(FileFailure) {
      isCopying = try feed.goOnRecording()
    } catch {
      isCopying = false
      tellRecording()
      report(error.message)
    }
  }

  private func tellRecording() {
    if feed.recording != model.scene.trace.recording.started { send(.recording(feed.recording)) }
  }

  // MARK: exports

  private func beginExport(_ request: ExportRequest, replacing: Bool) {
    guard export == nil else { return report("another export is being written") }
    do throws(FileFailure) {
      export = try ScreenExport(request, replaces: replacing, of: feed.records, sparing: spared)
      exportPercent = -1
      if export == nil { report("there is no format '\(request.format)'") }
    } catch {
      report(error.message)
    }
  }

  private func goOnExporting() {
    guard let export else { return }
    do throws(FileFailure) {
      switch try export.work() {
      case .percent(let percent):
        // What is short is done without a word.
        if percent > exportPercent, exportPercent >= 0 {
          send(.reported(StatusMessage(.hint, "exporting to \(export.request.file): \(percent) %")))
        }
        exportPercent = percent
      case .done(let words):
        self.export = nil
        send(.wrote(records: export.keptRecords, words: words))
      case .exists(let path):
        self.export = nil
        send(.exists(path: path, replace: .export(export.request, replaces: true)))
      }
    } catch {
      self.export = nil
      report(error.message)
    }
  }

  private func write(_ records: [Int], to path: String, replacing: Bool) {
    do throws(FileFailure) {
      let written = try TraceExcerpt.write(
        records, of: feed.records, to: path, replacing: replacing, sparing: spared)
      switch written {
      case .done(let words): send(.wrote(records: records, words: words))
      case .exists: send(.exists(path: path, replace: .write(path: path, records: records, replaces: true)))
      }
    } catch {
      send(.reported(StatusMessage(.refused, error.message)))
    }
  }
}

extension Duration {
  /// Rounded up, so that a poll does not wake too early and spin.
  fileprivate var milliseconds: Int64 {
    let parts = components
    return parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
