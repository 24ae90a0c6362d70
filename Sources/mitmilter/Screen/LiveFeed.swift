import CommandLanguage
import ConsoleUI
import MilterProtocol
import ProxyRuntime
import TraceModel

/// The records of the proxy in this process; the screen pulls at its own pace.
final class LiveFeed: ScreenFeed {
  private let live: LiveRecords
  private let clock: Clock
  private let window: RecordWindow
  private let requests: Mailbox<Engine.Request>
  private let messages: Mailbox<String>
  /// Takes a word where there will be no more mail.
  private let over: Mailbox<Void>
  private var isOver = false
  /// The trace's name; nil for a temporary one.
  private let path: String?
  private let head: TraceHead
  private let descriptorOfTrace: Int32
  /// What the operator started; over, or nil, where nothing is recorded.
  private var late: LateTrace?
  private var isCopying = false

  /// - Parameter descriptor: of the file being written, which may have no name.
  init(
    readingBack descriptor: Int32, path: String?, head: TraceHead, clock: Clock, window: RecordWindow,
    requests: Mailbox<Engine.Request>, messages: Mailbox<String>, over: Mailbox<Void>
  ) throws(FileFailure) {
    live = LiveRecords(try TraceFileReader(path: "/proc/self/fd/\(descriptor)"), window)
    self.path = path
    self.head = head
    descriptorOfTrace = descriptor
    self.clock = clock
    self.window = window
    self.requests = requests
    self.messages = messages
    self.over = over
  }

  var records: any RecordSource { live }
  var now: Moment { clock.now }
  var descriptor: Int32? { window.descriptor }
  var patience: Duration? { nil }
  /// A frame's time: each refresh makes the detail of the newest packet anew, and under load one would follow the other.
  var rest: Duration { ScreenLoop.frameInterval }
  var stream: ConsoleModel.Stream {
    if live.isCutShort { return .unrecorded }
    return isOver ? .ended : .flowing
  }
  var paths: [String] { [path, recording].compactMap { $0 } }

  func refresh() throws(FileFailure) -> Bool {
    if !over.take().isEmpty { isOver = true }
    return try live.refresh()
  }

  func takeMessages() -> [String] { messages.take() }
  /// The outcome, or the refusal, comes back as a record.
  func obey(_ instruction: Instruction, packet: Int, connection: Int, body: [UInt8]?) -> String? {
    var texts: [String: [UInt8]] = [:]
    for path in instruction.files {
      do throws(FileFailure) { texts[path] = try wholeFile(path) } catch { return error.message }
    }
    guard let whole = instruction.inlining(texts) else { return "a file is missing" }
    requests.post(.instruct(whole, connection: connection, packet: packet, body: body, .operator))
    return nil
  }

  func forwardAll() -> String? {
    requests.post(.forwardAll(.operator))
    return nil
  }

  func setRules(_ rules: [Rule]) -> String? {
    do {
      requests.post(.setRules(try rules.map { try RuleSources.inlined($0) }))
      return nil
    } catch let cause as any Explained {
      return cause.message
    } catch {
      return "\(error)"
    }
  }

  func arm(_ isOn: Bool) { requests.post(.arm(isOn)) }

  // MARK: - Recording

  var recording: String? { late.flatMap { $0.isOver ? nil : $0.path } }

  func record(to path: String, withPast: Bool) throws(FileFailure) -> String {
    guard !withPast || !live.isCutShort else {
      throw FileFailure("what was seen could not be kept, and cannot be recorded any more")
    }
    let late = try LateTrace(path: path, head: head, withPast: withPast)
    self.late = late
    isCopying = withPast
    if !withPast { requests.post(.record(late)) }
    let kept = late.kept.map { "; the one that was there is kept as \($0)" } ?? ""
    return "recording to \(path)\(withPast ? ", with all that was seen" : ", from now on")\(kept)"
  }

  func goOnRecording() throws(FileFailure) -> Bool {
    guard isCopying, let late else { return false }
    do throws(FileFailure) {
      guard try late.copyMore(from: descriptorOfTrace) else { return true }
    } catch {
      isCopying = false
      throw error
    }
    isCopying = false
    requests.post(.record(late))
    return false
  }

  func stopRecording() {
    isCopying = false
    late?.end()
    late = nil
    requests.post(.stopRecording)
  }
}
