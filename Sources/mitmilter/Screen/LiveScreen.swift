import ConsoleUI
import Glibc
import MTAConfiguration
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TraceModel

/// A proxy with a screen: the engine relays on a thread of its own, the screen has the main one.
final class LiveScreen {
  /// Where the proxy listens: the port that was taken for port 0.
  let listening: [MilterAddress]
  private let feed: LiveFeed
  private let engine: Handover
  private let requests: Mailbox<Engine.Request>
  private let ended = Mailbox<Void>()
  private let signals: Signals
  private let over = Mailbox<Void>()
  private let window = RecordWindow()
  private let head: TraceHead
  private let path: String?
  private let controls: ProxySettings
  private let guidance: Guidance
  private let pidFile: PidFile?
  /// Lets other screens in, also when this one is gone.
  private let control: ControlServer?
  /// How long connections may go on once the screen was left.
  private let grace: Moment.Span

  /// The engine on its way to its thread.
  ///
  /// Sendable, because it is made here, handed over once before the thread starts, and touched by nobody else until
  /// the thread has ended.
  private final class Handover: @unchecked Sendable {
    var engine: Engine

    init(_ engine: consuming Engine) { self.engine = engine }
  }

  init(_ options: Wiring.Options) throws {
    let recording = options.recording
    guard recording.write != "-", recording.log != "-" else {
      throw Failure(
        "a \(recording.log == "-" ? "log" : "trace") on standard output and a screen do not go together",
        hint: "--headless leaves the screen out")
    }
    var options = options
    options.steering = options.steering.attended
    let signals = Signals(Signals.ofScreen)
    let wiring = try Wiring(options, obeying: signals)
    self.signals = signals
    listening = wiring.listening.map(\.address)
    requests = wiring.requests
    guidance = wiring.guidance
    head = wiring.head
    pidFile = wiring.pidFile
    path = recording.write
    controls = options.steering.controls
    grace = options.grace
    let log = try wiring.log()
    // Without a name for the trace, a file that has none serves for reading back.
    let trace = try wiring.readableTrace()
    control = try wiring.control(hasScreen: true)?(trace.descriptor)
    let messages = Mailbox<String>()
    feed = try LiveFeed(
      readingBack: trace.descriptor, path: path, head: wiring.head, clock: wiring.clock, window: window,
      requests: requests,
      messages: messages, over: over)
    let report = { [window] (words: String) in
      messages.post(words)
      window.ring()
    }
    engine = Handover(
      wiring.engine(
        Journal(file: trace, window: window, decisions: log, isReadBack: true, report: report), report: report
      ))
  }

  /// To be called, on any thread, when there will be no more mail: the screen says so.
  var sentAll: @Sendable () -> Void {
    { [over, window] in
      over.post(())
      window.ring()
    }
  }

  /// Shows the screen until it is left or lost; returns when the last connection has ended as it should.
  ///
  /// - Parameter started: called once mail is relayed.
  func run(_ screen: ScreenOptions, origin: ConsoleModel.Origin?, started: () -> Void) throws {
    let handover = engine
    let ended = ended
    let thread = Thread {
      handover.engine.run()
      ended.post(())
    }
    var model = ConsoleModel(
      source: feed.records,
      origin: origin
        ?? .live(listen: head.places.listen ?? "", milter: head.places.milter, file: path), isLive: true,
      utcOffset: Clock.localOffset, charsets: .ofSystem)
    model.setUp = guidance.lines
    model.setUpRemarks = guidance.remarks
    model.ruleList = RuleList(controls.rules.entries.map(\.rule))
    if case .answer(let answer)? = controls.onTimeout {
      model.timeoutWords = answer.isCustom ? "answers" : "\(answer.name)s"
    }
    model.leaving = leaving
    model.replaysAt = head.milter
    if let path { model.recording = .byOption(path) }
    started()
    defer {
      thread.join()
      control?.stop()
      // What came since the last frame.
      _ = try? feed.refresh()
      for words in feed.takeMessages() { tell(words) }
      if case .unrecorded = feed.stream { tell(Self.incomplete) }
      let (tallies, unshadowed) = (handover.engine.shadowTallies, handover.engine.unshadowed)
      for line in ShadowSummary.lines(tallies, unshadowed: unshadowed) { tell(line) }
    }
    var isLost = false
    var goesOn = false
    do {
      switch try screen.run(model, feed, signals) {
      // Nobody waits for the answers to the mail of a demonstration.
      case .quit, .list: requests.post(origin == .demo ? .stopAtOnce : .stop)
      case .ended: requests.post(.stop)
      case .lost:
        isLost = true
        goesOn = control != nil
        // Others may attach: mail goes on as without a screen.
        if let control { control.screenLeft() } else { requests.post(.drain) }
      }
    } catch {
      requests.post(.stopAtOnce)
      throw error
    }
    if goesOn { awaitSignal() }
    obeySignals(
      wondering: isLost ? nil : "note: connections have \(grace.words) to end; ^C ends them at once")
  }

  /// What becomes of what is held when the screen is left.
  private var leaving: Leaving {
    var leaving = Leaving()
    if case .answer(let answer) = controls.unattendedAct { leaving.verdict = answer.name }
    leaving.released = controls.role?.verdict.name
    leaving.grace = grace.words
    return leaving
  }

  private static let incomplete =
    "warning: the trace is incomplete: it could not be written to the end, and mail went on WITHOUT being recorded"

  /// The screen is gone, and mail goes on until a signal comes, or the engine has ended.
  private func awaitSignal() {
    var polled = [
      pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR {
      if polled[0].revents != 0 { return }
      if signals.take().contains(.end) { return requests.post(.stop) }
    }
  }

  /// The screen is gone; a signal now ends what is left at once.
  ///
  /// - Parameter words: for whoever waits longer than it takes to wonder; nil where nobody does.
  private func obeySignals(wondering words: String?) {
    var polled = [
      pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    var words = words
    while true {
      let ready = poll(&polled, nfds_t(polled.count), words == nil ? -1 : Self.wonder)
      if ready < 0 || polled[0].revents != 0 { return }
      if ready == 0, let told = words.take() { tell(told) }
      for signal in signals.take() where signal == .end { requests.post(.stopAtOnce) }
    }
  }

  /// Milliseconds.
  private static let wonder: Int32 = 300
}

/// Whether there is a screen: standard output is a terminal, and nothing else was asked for.
func wantsScreen(_ recording: RecordingOptions) -> Bool {
  isatty(STDOUT_FILENO) == 1 && !recording.headless && !recording.quiet && !recording.json
}

extension Answer {
  fileprivate var isCustom: Bool { if case .custom = self { true } else { false } }
}
