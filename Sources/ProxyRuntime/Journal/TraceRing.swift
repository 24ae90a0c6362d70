import Glibc
import MilterProtocol
import TraceFormat
import TraceModel

/// A trace in several files: the newest has the name that was asked for, older ones that name and a number that grows.
///
/// A connection is written to one file from its beginning to its end, so no mail is cut in two, and each file is a trace that
/// stands by itself: those that are open when the next file begins go on in the one that they began in. Read together
/// (`mitmilter open a.mtrace*`) they are one trace again, for records are read in the order of their times.
package final class TraceRing {
  package struct Plan: Sendable {
    /// Bytes after which a file is full; nil for no limit.
    package var limit: Int?
    /// After which a new file is begun; nil for never.
    package var period: Moment.Span?
    /// How many files there are at most, the newest included; nil for any number.
    package var keep: Int?

    package init(limit: Int? = nil, period: Moment.Span? = nil, keep: Int? = nil) {
      self.limit = limit
      self.period = period
      self.keep = keep
    }
  }

  /// A file that gets no new connections.
  private final class Older {
    var writer: TraceFileWriter
    let number: Int
    /// Connections from this one on began later.
    let end: Int
    var lines: [UInt8] = []

    init(_ writer: consuming TraceFileWriter, number: Int, end: Int) {
      self.writer = writer
      self.number = number
      self.end = end
    }
  }

  private let plan: Plan
  /// Oldest first.
  private var older: [Older] = []
  /// The newest connection so far, and the first that began in the newest file.
  private var (newest, first) = (0, 1)
  /// When the next file begins by the clock.
  private var turnsAt: Moment?
  /// Bytes of the newest file at which the next one begins.
  private var fullAt: Int?

  package init(_ plan: Plan) {
    self.plan = plan
    turnsAt = plan.period.map { .zero + $0 }
    fullAt = plan.limit
  }

  /// Whether connections that began in older files may still be open.
  var hasOlder: Bool { !older.isEmpty }

  /// Notes the connections that begin.
  func see(_ records: borrowing [Record]) {
    let all = records.span
    for place in all.indices {
      if case .opened = all[place].event { newest = max(newest, all[place].connection) }
    }
  }

  /// Keeps a record for the older file that its connection began in; false where that is the newest.
  func keeps(_ record: borrowing Record) -> Bool {
    let connection = record.connection
    guard connection > 0, connection < first, let home = older.first(where: { connection < $0.end }) else {
      return false
    }
    RecordWriter.append(record, to: &home.lines)
    return true
  }

  /// Writes what was kept; what cannot be written is given up with its file, and told.
  func flush(_ report: (String) -> Void) {
    older.removeAll { home in
      guard !home.lines.isEmpty else { return false }
      do throws(FileFailure) {
        try home.writer.append(home.lines)
        home.lines.removeAll(keepingCapacity: true)
        return false
      } catch {
        report(
          "\(error.message); connections that began in '\(home.writer.path).\(home.number)' end without record"
        )
        return true
      }
    }
  }

  // MARK: - The next file

  /// - Parameter bytes: of the newest file.
  func isDue(_ bytes: Int, at now: Moment) -> Bool {
    // A file without a connection has no need of a successor.
    newest >= first && (fullAt.map { bytes >= $0 } ?? false || turnsAt.map { now >= $0 } ?? false)
  }

  /// The next file; the one before is kept for the connections that began in it.
  ///
  /// - Returns: the file to go on with: where no other could be made, the same.
  func turnOver(_ file: consuming TraceFileWriter, at now: Moment, _ report: (String) -> Void)
    -> TraceFileWriter
  {
    while let time = turnsAt, let period = plan.period, time <= now { turnsAt = time + period }
    let number = (KeptTraces.numbers(of: file.path).last ?? 0) + 1
    do throws(FileFailure) {
      let next = try file.successor(leaving: number)
      older.append(Older(file, number: number, end: newest + 1))
      first = newest + 1
      fullAt = plan.limit
      dropOldest(of: next.path, report)
      return next
    } catch {
      report("\(error.message); records go on into the file that is full")
      if let limit = plan.limit { fullAt = file.bytes + limit / 4 }
      return file
    }
  }

  /// Files beyond those that are to be kept go, the oldest first.
  private func dropOldest(of path: String, _ report: (String) -> Void) {
    guard let keep = plan.keep else { return }
    for number in KeptTraces.numbers(of: path).dropLast(keep - 1) {
      if let failure = KeptTraces.remove(number, of: path) { return report(failure.message) }
      guard let place = older.firstIndex(where: { $0.number == number }) else { continue }
      older.remove(at: place)
    }
  }

  /// Closes files whose connections have all ended.
  ///
  /// - Parameter connection: the oldest that is open; nil for none.
  func close(before connection: Int?) {
    older.removeAll { home in connection.map { home.end <= $0 } ?? true }
  }
}
