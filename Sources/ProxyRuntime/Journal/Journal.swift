import CommandLanguage
import Glibc
import MilterProtocol
import TraceFormat
import TraceModel

/// Keeps the records of a run: in the trace file before anything they tell of leaves, in a window for a reader, and
/// what was decided in a log.
///
/// Where there is none of these, a record costs nothing.
package struct Journal: ~Copyable {
  private var file: TraceFileWriter?
  /// A trace that gets no more records, until its reader has what was written before.
  private var ending: TraceFileWriter?
  /// A second trace that was asked for meanwhile.
  private var late: LateTrace?
  private let window: RecordWindow?
  private var decisions: DecisionLog?
  /// Several files in place of one; nil where one grows.
  private let ring: TraceRing?
  /// Keeps from the file what nobody asked for; nil where all is wanted.
  private let sieve: TraceSieve?
  private let isReadBack: Bool
  private let report: (String) -> Void
  private var lines: [UInt8] = []
  /// Bytes that readers of what is written have yet to take; ``catchUp()`` soon then.
  private(set) var waiting = 0
  /// Records so far, whether or not the file still takes them.
  package private(set) var count = 0
  /// What was found so far.
  package private(set) var findings = FindingTally()

  /// - Parameters:
  ///   - isReadBack: whether somebody reads the file while it is written, and would not find another one.
  ///   - report: takes a message for the operator.
  package init(
    file: consuming TraceFileWriter?, window: RecordWindow?, decisions: consuming DecisionLog? = nil,
    ring: TraceRing? = nil, sieve: TraceSieve? = nil, isReadBack: Bool = false,
    report: @escaping (String) -> Void
  ) {
    self.isReadBack = isReadBack
    self.ring = ring
    self.sieve = sieve
    self.file = file
    self.window = window
    self.decisions = decisions
    self.report = report
  }

  /// Of the trace's file; negative for none.
  var descriptor: Int32 {
    switch file {
    case .some(let file): file.descriptor
    case nil: -1
    }
  }

  /// The rules in force, for the log to say where they are written.
  mutating func locate(_ rules: [Rule]) {
    guard decisions != nil else { return }
    var places: [String: String] = [:]
    for rule in rules where places[rule.label] == nil { places[rule.label] = rule.place }
    decisions?.locate(places)
  }

  /// One `write` for all of them; the list is empty afterwards.
  ///
  /// A trace that cannot be written is given up, aloud and for good; mail goes on.
  ///
  /// - Returns: whether the trace goes on in a new file.
  @discardableResult
  package mutating func append(_ records: inout [Record]) -> Bool {
    guard let time = records.first?.time else { return false }
    count += records.count
    tally(records)
    var hasTurned = false
    if file != nil || late != nil {
      hasTurned = turnOver(at: time)
      if let sieve { write(sieve.take(records)) } else { write(records) }
    }
    do throws(FileFailure) {
      try decisions?.append(records)
    } catch {
      giveUpDecisions(error)
    }
    noteReaders()
    window?.append(records)
    records.drain()
    return hasTurned
  }

  private mutating func write(_ records: borrowing [Record]) {
    lines.removeAll(keepingCapacity: true)
    ring?.see(records)
    // In place: each copy of a record counts references.
    let all = records.span
    if let ring, ring.hasOlder {
      for place in all.indices where !ring.keeps(all[place]) { RecordWriter.append(all[place], to: &lines) }
      ring.flush(report)
    } else {
      for place in all.indices { RecordWriter.append(all[place], to: &lines) }
    }
    do throws(FileFailure) {
      try file?.append(lines)
    } catch {
      giveUpFile(error)
    }
    if let failure = late?.append(lines) { giveUpLate(failure) }
    if lines.capacity > Self.keptCapacity { lines = [] }
  }

  // MARK: - Several files

  /// Whether connections that began in files before the newest may still be open.
  var hasOlderFiles: Bool { ring?.hasOlder ?? false }

  /// Closes files before the newest whose connections have all ended.
  ///
  /// - Parameter connection: the oldest that is open; nil for none.
  func closeOlderFiles(before connection: Int?) { ring?.close(before: connection) }

  private mutating func turnOver(at time: Moment) -> Bool {
    guard let ring, ring.isDue(file?.bytes ?? 0, at: time), let current = file.take() else { return false }
    file = ring.turnOver(current, at: time, report)
    return true
  }

  /// One look a record: findings are few.
  private mutating func tally(_ records: borrowing [Record]) {
    let all = records.span
    for place in all.indices {
      guard case .found(let finding) = all[place].event else { continue }
      findings.take(finding, at: .init(packet: finding.packet, connection: all[place].connection))
    }
  }

  // MARK: - What others do to the file

  /// Looks now and then whether somebody moved, removed or cut the trace down, and tells.
  mutating func inspect() {
    do throws(FileFailure) {
      guard let path = file?.path, let interference = try file?.inspect() else { return }
      switch interference {
      case .moved:
        report("the trace '\(path)' was moved away: records go on into it, under its new name")
      case .cut(let left):
        report(
          "the trace '\(path)' was cut down to \(left) bytes: what was behind them is lost; records go on")
      case .removed where isReadBack:
        report(
          "the trace '\(path)' was removed: it is lost when mitmilter ends, unless W on the screen records all of it in another file"
        )
      case .removed:
        file = try file?.anew()
        report(
          "the trace '\(path)' was removed, and what was in it is lost; records go on in a new file of that name"
        )
      }
    } catch {
      giveUpFile(error)
    }
  }

  /// Goes on in new files where somebody moved the old ones away, as whoever rotates files expects.
  ///
  /// - Returns: whether the trace does.
  mutating func reopen() -> Bool {
    var isNew = false
    do throws(FileFailure) {
      if file?.hasLostItsName == true {
        file = try file?.anew()
        isNew = true
      }
    } catch {
      report("\(error.message); records go on into the trace that was moved away")
    }
    do throws(FileFailure) { try decisions?.reopen() } catch {
      report("\(error.message); decisions go on into the log that was moved away")
    }
    return isNew
  }

  /// Whether there is a trace that somebody could interfere with.
  var hasFile: Bool { file != nil }

  // MARK: - A second trace

  /// Writes each record to that trace, too, from here on; and what came before, as far as that is wanted and not there yet.
  package mutating func record(to trace: LateTrace) {
    do throws(FileFailure) {
      if let source = file?.descriptor, let end = file?.bytes { try trace.join(source, upTo: end) }
      late?.end()
      late = trace
    } catch {
      giveUpLate(error)
    }
  }

  package mutating func stopRecording() {
    late?.end()
    late = nil
  }

  private mutating func giveUpLate(_ failure: FileFailure) {
    stopRecording()
    report("\(failure.message); mail goes on, and is not recorded there any more")
  }

  // MARK: - Readers

  /// Writes what readers have room for now.
  package mutating func catchUp() {
    guard waiting > 0 else { return }
    do throws(FileFailure) { try ending?.catchUp() } catch { ending = nil }
    do throws(FileFailure) { try file?.catchUp() } catch { giveUpFile(error) }
    do throws(FileFailure) { try decisions?.catchUp() } catch { giveUpDecisions(error) }
    noteReaders()
  }

  private mutating func noteReaders() {
    let ofFile = file?.waiting
    let ofLog = decisions?.waiting
    let ofEnd = ending?.waiting
    if ofEnd == 0 { end() }
    waiting = (ofFile ?? 0) + (ofLog ?? 0) + (ofEnd ?? 0)
  }

  /// Whoever reads it sees the end of the trace, not silence.
  private mutating func end() {
    let isOutput = ending?.path == "-"
    ending = nil
    guard isOutput else { return }
    Self.endStandardOutput()
    // Whoever watches for the reader's end holds the pipe until it looks again.
    report("the trace on standard output ends here")
  }

  /// The end: what readers of pipes have no room for now is lost, aloud.
  mutating func finish() {
    if let left = sieve?.finish() { write(left) }
    do throws(FileFailure) { try ending?.finish() } catch { ending = nil }
    do throws(FileFailure) { try file?.finish() } catch { giveUpFile(error) }
    do throws(FileFailure) { try decisions?.finish() } catch { giveUpDecisions(error) }
  }

  private mutating func giveUpFile(_ failure: FileFailure) {
    // The reader of standard output is watched by the program, which tells of its end at once.
    let isToldAlready = failure.isClosedPipe && file?.path == "-"
    if !isToldAlready { report("\(failure.message); mail goes on WITHOUT being recorded") }
    if failure.isClosedPipe {
      file = nil
    } else {
      ending = file.take()
      if !failure.isSlowReader { end() }
    }
  }

  private static func endStandardOutput() {
    let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
    guard nowhere >= 0 else { return }
    dup2(nowhere, STDOUT_FILENO)
    close(nowhere)
  }

  private mutating func giveUpDecisions(_ failure: FileFailure) {
    decisions = nil
    report("\(failure.message); decisions are logged no more")
  }

  private static let keptCapacity = 8_388_608
}
