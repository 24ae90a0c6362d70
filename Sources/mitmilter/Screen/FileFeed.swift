import CLinux
import ConsoleUI
import Glibc
import MilterProtocol
import ProxyRuntime
import Timeline
import TraceModel

/// Recorded traces: one, or several as one; growing ones are followed, a pipe is read as it comes.
final class FileFeed: ScreenFeed {
  private let readers: [TraceFileReader]
  private let merged: MergedRecords?
  private let annotated: AnnotatedRecords
  /// Those that come as they are written, and can be waited for.
  private let pipes: [TraceFileReader]
  /// Descriptors of the pipes that have ended.
  private var ended: Set<Int32> = []
  /// Files of which it was told that they are not what they were.
  private var replaced: Set<String> = []

  /// - Parameter isJudged: findings are those of this version, not those that were recorded.
  init(_ paths: [String], isJudged: Bool) throws(FileFailure) {
    var readers: [TraceFileReader] = []
    for path in paths { readers.append(try TraceFileReader(path: path, isJudged: isJudged)) }
    self.readers = readers
    pipes = readers.filter(\.isPipe)
    merged = readers.count > 1 ? MergedRecords(readers, names: paths) : nil
    annotated = AnnotatedRecords(merged ?? readers[0])
  }

  var records: any RecordSource { annotated }
  var paths: [String] { readers.map(\.path).filter { $0 != "-" } }

  var now: Moment {
    Moment(microseconds: linux_wall_microseconds())
      - Moment.Span(microseconds: records.head?.startedAt ?? 0)
  }

  private var isOver: Bool { !pipes.isEmpty && ended.count == pipes.count }

  /// Whether reading it waits for nothing.
  private static func hasInput(_ pipe: TraceFileReader) -> Bool {
    var waiting = pollfd(fd: pipe.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 0) > 0
  }

  var stream: ConsoleModel.Stream { isOver ? .ended : .flowing }

  var descriptor: Int32? { isOver ? nil : pipes.first?.descriptor }
  /// A pipe can be polled; files, and pipes beside another, are looked at now and then.
  var patience: Duration? { pipes.count == 1 && readers.count == 1 ? nil : .milliseconds(250) }

  func refresh() throws(FileFailure) -> Bool {
    let before = annotated.count
    for reader in readers where !reader.isPipe || Self.hasInput(reader) {
      switch try reader.advance() {
      case .grew: break
      case .atEnd: if reader.isPipe { ended.insert(reader.descriptor) }
      }
    }
    merged?.merge()
    return annotated.count > before
  }

  func takeMessages() -> [String] {
    let headless = readers.filter { $0.isHeadless && replaced.insert("head " + $0.path).inserted }.map {
      "'\($0.path)' lost its first line: times begin at 1970"
    }
    return headless
      + readers.filter { $0.isReplaced && replaced.insert($0.path).inserted }.map {
        "'\($0.path)' was replaced or removed: what it was is shown; open it again"
      }
  }

  func obey(_ instruction: Instruction, packet: Int, connection: Int, body: [UInt8]?) -> String? {
    let event: Record.Event
    switch instruction {
    case .mark: event = .marked(packet: packet, on: true)
    case .unmark: event = .marked(packet: packet, on: false)
    case .note(let text): event = .noted(text: Sentence(others: text), packet: packet)
    case .hold, .ask, .forward, .forwardAll, .step, .drop, .answer, .progress, .change, .set, .raw, .fault,
      .revert,
      .delay,
      .close:
      return ConsoleModel.wordsOfRecorded
    }
    let last = annotated.count > 0 ? annotated.record(at: annotated.count - 1)?.time : nil
    annotated.append(Record(time: last ?? .zero, connection: connection, event: event))
    return nil
  }
}
