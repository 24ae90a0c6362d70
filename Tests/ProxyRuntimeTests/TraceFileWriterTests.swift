import Glibc
import ProxyRuntime
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct TraceFileWriterTests {
  private let head = TraceHead(program: "0.1", startedAt: 0, command: [])

  private var headLine: [UInt8] {
    var line: [UInt8] = []
    RecordWriter.append(head, to: &line)
    return line
  }

  private func write(_ lines: String..., to path: String) throws(FileFailure) {
    var writer = try TraceFileWriter(path: path, head: head)
    for line in lines { try writer.append(Array(line.utf8)) }
    #expect(writer.bytes == headLine.count + lines.reduce(0) { $0 + $1.utf8.count })
  }

  @Test func aNewTraceIsForItsOwnerOnly() throws {
    let folder = try TemporaryFolder()
    try write("a\n", "b\n", to: folder.file("new.mtrace"))
    #expect(try folder.contents("new.mtrace") == headLine + Array("a\nb\n".utf8))
    #expect(try folder.mode("new.mtrace") == 0o600)
  }

  @Test func aTraceOfAnEarlierRunIsKeptUnderAnotherName() throws {
    let folder = try TemporaryFolder()
    try folder.write([], to: "empty")
    try write("a\n", to: folder.file("empty"))
    #expect(try folder.contents("empty") == headLine + Array("a\n".utf8))
    try write("b\n", to: folder.file("empty"))
    try write("c\n", to: folder.file("empty"))
    #expect(try folder.contents("empty") == headLine + Array("c\n".utf8))
    #expect(try folder.contents("empty.1") == headLine + Array("a\n".utf8))
    #expect(try folder.contents("empty.2") == headLine + Array("b\n".utf8))
  }

  /// A named pipe, and an opening of it for reading that waits for nothing.
  private func namedPipe(in folder: TemporaryFolder) -> (path: String, reader: Int32) {
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    return (path, open(path, O_RDONLY | O_NONBLOCK))
  }

  @Test func aReaderThatStopsReadingKeepsNobodyWaiting() throws {
    let folder = try TemporaryFolder()
    let (path, reader) = namedPipe(in: folder)
    defer { close(reader) }
    var writer = try TraceFileWriter(path: path, head: head)
    let line = [UInt8](repeating: 0x61, count: 99_999) + [0x0a]
    for _ in 0..<20 { try writer.append(line) }
    let wasBehind = writer.waiting > 0
    #expect(wasBehind)
    var read: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while read.count < writer.bytes {
      let count = Glibc.read(reader, &buffer, buffer.count)
      guard count > 0 else { break }
      read += buffer[..<count]
      try writer.catchUp()
    }
    let isBehind = writer.waiting > 0
    #expect(!isBehind)
    var expected = headLine
    for _ in 0..<20 { expected += line }
    #expect(read == expected)
  }

  @Test func aReaderTooFarBehindIsGivenUp() throws {
    let folder = try TemporaryFolder()
    let (path, reader) = namedPipe(in: folder)
    defer { close(reader) }
    var writer = try TraceFileWriter(path: path, head: head)
    let lines = [UInt8](repeating: 0x0a, count: 16_777_216)
    #expect {
      for _ in 0..<5 { try writer.append(lines) }
    } throws: { error in
      (error as? FileFailure)?.message == "cannot write '\(path)': its reader is more than 64 MB behind"
    }
  }

  /// What was recorded before is still for it, in whole lines, and then it sees the end.
  @Test func aReaderThatIsGivenUpGetsTheRest() throws {
    let folder = try TemporaryFolder()
    let (path, reader) = namedPipe(in: folder)
    defer { close(reader) }
    let said = Said()
    var journal = Journal(
      file: try TraceFileWriter(path: path, head: head), window: nil, report: { said.words.append($0) })
    let body = MTA.body(String(repeating: "x", count: 1_000_000))
    var appended = 0
    while said.words.isEmpty, appended < 100 {
      appended += 1
      var records = [
        Record(
          time: .zero, connection: 1,
          event: .received(Received(number: appended, packet: body, forwarded: true)))
      ]
      journal.append(&records)
    }
    #expect(said.words.count == 1 && said.words[0].contains("64 MB behind"))
    var late = [Record(time: .zero, connection: 1, event: .noted(text: "late", packet: nil))]
    journal.append(&late)
    var read: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = Glibc.read(reader, &buffer, buffer.count)
      if count == 0 { break }
      if count > 0 { read += buffer[..<count] } else { journal.catchUp() }
    }
    let lines = read.split(separator: 0x0a)
    #expect(lines.count == 1 + appended && read.last == 0x0a)
  }

  private final class Said {
    var words: [String] = []
  }

  @Test func whatIsNoTraceIsLeftAlone() throws {
    let folder = try TemporaryFolder()
    let mail = Array("From: a@example.org\n\nhello\n".utf8)
    try folder.write(mail, to: "mail.eml")
    let path = folder.file("mail.eml")
    #expect {
      try write("a\n", to: path)
    } throws: { error in
      guard let failure = error as? FileFailure else { return false }
      return failure.message == "cannot write '\(path)': it is there already and is not a trace"
        && failure.hint == "name another file, or remove this one first"
    }
    #expect(try folder.contents("mail.eml") == mail)
  }

  @Test func aTraceHasOneWriter() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("one.mtrace")
    var first = try TraceFileWriter(path: path, head: head)
    #expect {
      _ = try TraceFileWriter(path: path, head: head)
    } throws: {
      ($0 as? FileFailure)?.message == "cannot write '\(path)': another mitmilter is writing it"
    }
    try first.append(Array("a\n".utf8))
    #expect(try folder.contents("one.mtrace") == headLine + Array("a\n".utf8))
  }

  @Test(arguments: [
    ("/nowhere/at/all.mtrace", "no such file or folder"), ("/tmp", "it is a folder"),
    ("/proc/version", "permission denied"),
  ]) func aTraceThatCannotBeOpenedIsAFailure(_ path: String, _ why: String) {
    // Root may open what others may not; then the system refuses later and in other words.
    if path == "/proc/version" && geteuid() == 0 { return }
    #expect {
      _ = try TraceFileWriter(path: path, head: head)
    } throws: {
      ($0 as? FileFailure)?.message == "cannot open '\(path)': \(why)"
    }
  }

  @Test func aFullDiskIsAFailureInWords() throws {
    #expect {
      _ = try TraceFileWriter(path: "/dev/full", head: head)
    } throws: {
      ($0 as? FileFailure)?.message == "cannot write '/dev/full': the disk is full"
    }
  }

  @Test func aDeviceIsWrittenAsItIs() throws {
    var writer = try TraceFileWriter(path: "/dev/null", head: head)
    try writer.append(Array("a\n".utf8))
  }

  @Test func aBrokenPipeIsAFailureThatSaysSo() throws {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    #expect {
      _ = try TraceFileWriter(path: "/dev/fd/\(ends[1])", head: head)
    } throws: {
      ($0 as? FileFailure)?.isClosedPipe == true
    }
  }

  @Test func moreThanAPipeTakesAtOnceArrivesWhole() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let flags = fcntl(ends[1], F_GETFL)
    #expect(fcntl(ends[1], F_SETFL, flags | O_NONBLOCK) == 0)
    let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let output = ends[1]
    let writing = Writing(sent, to: output)
    var received: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 10_000)
    while received.count < sent.count {
      let count = read(ends[0], &piece, piece.count)
      guard count > 0 else { break }
      received += piece[..<count]
    }
    #expect(writing.result() == nil)
    #expect(received == sent)
    close(ends[0])
    close(ends[1])
  }

  @Test func theTemporaryTraceHasNoName() throws {
    var writer = try TraceFileWriter(temporaryWith: head)
    try writer.append(Array("a\n".utf8))
    var status = stat()
    #expect(fstat(writer.descriptor, &status) == 0 && status.st_nlink == 0)
    var back = [UInt8](repeating: 0, count: writer.bytes)
    #expect(pread(writer.descriptor, &back, back.count, 0) == back.count)
    #expect(back == headLine + Array("a\n".utf8))
  }
}

/// A thread that writes while the test reads.
private final class Writing: Sendable {
  private let thread: pthread_t

  init(_ bytes: [UInt8], to descriptor: Int32) {
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(bytes, descriptor))
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
        return UnsafeMutableRawPointer(bitPattern: Int(writeAll(job.bytes, to: job.descriptor) ?? 0))
      }, job.toOpaque())
    self.thread = thread
  }

  func result() -> Int32? {
    var value: UnsafeMutableRawPointer?
    pthread_join(thread, &value)
    return value.map { Int32(truncatingIfNeeded: Int(bitPattern: $0)) }
  }

  private final class Job {
    let bytes: [UInt8]
    let descriptor: Int32
    init(_ bytes: [UInt8], _ descriptor: Int32) {
      self.bytes = bytes
      self.descriptor = descriptor
    }
  }
}
