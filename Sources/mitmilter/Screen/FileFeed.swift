import CLinux
import ConsoleUI
import MilterProtocol
import ProxyRuntime
import Timeline
import TraceModel

/// Recorded traces: one, or several as one; growing ones are followed, a pipe is read as it comes.
final class FileFeed: ScreenFeed {
  private let readers: [TraceFileReader]
  private let merged: MergedRecords?
  private let annotated: AnnotatedRecords
  /// Whether the pipe has ended.
  private var isOver = false
  /// Files of which it was told that they are not what they were.
  private var replaced: Set<String> = []

  init(_ paths: [String]) throws(FileFailure) {
    var readers: [TraceFileReader] = []
    for path in paths { readers.append(try TraceFileReader(path: path)) }
    self.readers = readers
    merged = readers.count > 1 ? MergedRecords(readers, names: paths) : nil
    annotated = AnnotatedRecords(merged ?? readers[0])
  }

  var records: any RecordSource { annotated }
  var paths: [String] { readers.map(\.path).filter { $0 != "-" } }

  var now: Moment {
    Moment(microseconds: linux_wall_microseconds())
      - Moment.Span(microseconds: records.head?.startedAt ?? 0)
  }

  var stream: ConsoleModel.Stream { isOver ? .ended : .flowing }

  private var isPipe: Bool { readers.contains { $0.path == "-" } }

  var descriptor: Int32? { isPipe && !isOver ? readers.first { $0.path == "-" }?.descriptor : nil }
  var patience: Duration? { isPipe ? nil : .milliseconds(250) }

  func refresh() throws(FileFailure) -> Bool {
    let before = annotated.count
    for reader in readers {
      switch try reader.advance() {
      case .grew: break
      case .atEnd: if reader.path == "-" { isOver = true }
      }
    }
    merged?.merge()
    return annotated.count > before
  }

  func takeMessages() -> [String] {
    readers.filter { $0.isReplaced && replaced.insert($0.path).inserted }.map {
      "'\($0.path)' was replaced or removed: what it was is shown; open it again"
    }
  }

  func obey(_ instruction: Instruction, packet: Int, connection: Int, body: [UInt8]?) -> String? {
    let event: Record.Event
    switch instruction {
    case .mark: event = .marked(packet: packet, on: true)
    case .unmark: event = .marked(packet: packet, on: false)
    case .note(let text): event = .noted(text: Sentence(others: text), packet: packet)
    case .hold, .forward, .forwardAll, .step, .drop, .answer, .progress, .change, .set, .raw, .delay, .close:
      return ConsoleModel.wordsOfRecorded
    }
    let last = annotated.count > 0 ? annotated.record(at: annotated.count - 1)?.time : nil
    annotated.append(Record(time: last ?? .zero, connection: connection, event: event))
    return nil
  }
}
