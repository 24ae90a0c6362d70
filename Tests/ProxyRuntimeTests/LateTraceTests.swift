import Glibc
import MilterProtocol
import ProxyRuntime
import TestSupport
import Testing
import TraceFormat
import TraceModel

/// A second trace, asked for while the run goes on.
@Suite struct LateTraceTests {
  private static let head = TraceHead(program: "test", startedAt: 0, command: [])

  private static func records(_ numbers: Range<Int>, bytes: Int = 0) -> [Record] {
    numbers.map { number in
      let packet = MTA.body(String(repeating: "x", count: bytes))
      return Record(
        time: .zero + .milliseconds(Int64(number)), connection: 1,
        event: .received(Received(number: number, packet: packet, forwarded: true)))
    }
  }

  private final class Said { var words: [String] = [] }

  private func journal(_ folder: TemporaryFolder, _ said: Said = Said()) throws -> Journal {
    let file = try TraceFileWriter(path: folder.file("run.mtrace"), head: Self.head)
    return Journal(file: file, window: nil) { said.words.append($0) }
  }

  /// What came before is copied in pieces while more comes; nothing is missing and nothing there twice.
  @Test func withThePastItIsTheRunsOwnTrace() throws {
    let folder = try TemporaryFolder()
    let said = Said()
    var journal = try journal(folder, said)
    let source = open(folder.file("run.mtrace"), O_RDONLY | O_CLOEXEC)
    defer { close(source) }
    var number = 1
    func come(_ count: Int, _ bytes: Int, _ journal: inout Journal) {
      var records = Self.records(number..<number + count, bytes: bytes)
      journal.append(&records)
      number += count
    }
    come(200, 60_000, &journal)
    let late = try LateTrace(path: folder.file("late.mtrace"), head: Self.head, withPast: true)
    var rounds = 0
    while try !late.copyMore(from: source) {
      come(10, 1000, &journal)
      rounds += 1
    }
    #expect(rounds >= 2)
    come(5, 1000, &journal)
    journal.record(to: late)
    come(5, 1000, &journal)
    let (own, other) = try (folder.contents("run.mtrace"), folder.contents("late.mtrace"))
    #expect(own == other && own.count > 12_000_000)
    journal.stopRecording()
    come(1, 0, &journal)
    #expect(late.isOver && said.words.isEmpty)
    #expect(try folder.contents("late.mtrace") == other)
  }

  @Test func fromNowOnItHasWhatComes() throws {
    let folder = try TemporaryFolder()
    var journal = try journal(folder)
    var records = Self.records(1..<4)
    journal.append(&records)
    let late = try LateTrace(path: folder.file("late.mtrace"), head: Self.head, withPast: false)
    journal.record(to: late)
    records = Self.records(4..<6)
    journal.append(&records)
    let reader = try TraceFileReader(path: folder.file("late.mtrace"))
    #expect(reader.head == Self.head)
    #expect((0..<reader.count).compactMap { reader.record(at: $0) } == Self.records(4..<6))
  }

  /// Mail goes on, and so does the run's own trace.
  @Test func aFileThatCannotBeWrittenIsGivenUpAloud() throws {
    let folder = try TemporaryFolder()
    let said = Said()
    var journal = try journal(folder, said)
    signal(SIGPIPE, SIG_IGN)
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let late = try LateTrace(path: pipe, head: Self.head, withPast: false)
    journal.record(to: late)
    close(reader)
    var records = Self.records(1..<3)
    journal.append(&records)
    #expect(late.isOver)
    #expect(
      said.words.count == 1 && said.words[0].contains("mail goes on, and is not recorded there any more"))
    #expect(try TraceFileReader(path: folder.file("run.mtrace")).count == 2)
  }
}
