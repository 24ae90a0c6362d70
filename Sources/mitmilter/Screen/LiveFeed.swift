import MilterProtocol
import ProxyRuntime
import TraceModel

/// The records of the proxy in this process, read back from the trace that it writes; the screen pulls at its own pace.
final class LiveFeed: ScreenFeed {
  private let reader: TraceFileReader
  private let clock: Clock
  private let bell: RecordWindow
  private let requests: Mailbox<Engine.Request>
  private let messages: Mailbox<String>
  /// The trace's name; nil for a temporary one.
  private let path: String?

  /// - Parameter descriptor: of the file being written, which may have no name.
  init(
    readingBack descriptor: Int32, path: String?, clock: Clock, bell: RecordWindow,
    requests: Mailbox<Engine.Request>, messages: Mailbox<String>
  ) throws(FileFailure) {
    reader = try TraceFileReader(path: "/proc/self/fd/\(descriptor)")
    self.path = path
    self.clock = clock
    self.bell = bell
    self.requests = requests
    self.messages = messages
  }

  var records: any RecordSource { reader }
  var now: Moment { clock.now }
  var descriptor: Int32? { bell.descriptor }
  var patience: Duration? { nil }
  var paths: [String] { path.map { [$0] } ?? [] }

  func refresh() throws(FileFailure) -> Bool {
    // Only rung: the file has all of it, and keeps it.
    _ = bell.take()
    let before = reader.count
    while try reader.advance() == .grew {}
    return reader.count > before
  }

  func takeMessages() -> [String] { messages.take() }

  func obey(_ instruction: Instruction, packet: Int, connection: Int) -> String? {
    switch instruction {
    case .mark: remark(.marked(packet: packet, on: true), connection)
    case .unmark: remark(.marked(packet: packet, on: false), connection)
    case .note(let text): remark(.noted(text: text, packet: packet), connection)
    case .hold, .forward, .forwardAll, .step, .drop, .answer, .progress, .change, .set, .raw, .delay, .close:
      return "packet \(packet) is not held"
    }
    return nil
  }

  private func remark(_ event: Record.Event, _ connection: Int) {
    requests.post(.remark(event, connection: connection))
  }
}
