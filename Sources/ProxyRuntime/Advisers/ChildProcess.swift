import CLinux
import Glibc
import MilterProtocol
import TraceModel

/// A program that we started, told something on its standard input, and listen to; no call waits for it.
final class ChildProcess {
  /// How it ended.
  enum Ending: Equatable {
    case status(Int32)
    case signal(Int32)
  }

  private let process: pid_t
  private let watch: Int32
  private var input: Int32
  private var output: Int32
  private var complaints: Int32
  private var toWrite: [UInt8] = []
  private var written = 0
  private var closesInput = false
  private var said = ComplaintLines()
  /// What it has said and nobody has taken.
  private(set) var answer: [UInt8] = []
  private(set) var ending: Ending?

  /// What it may say without anybody taking it.
  static let mostAnswer = 1 << 20
  /// What may wait for it to read.
  static let mostWaiting = 64 << 20

  init(_ words: [String]) throws(Refusal) {
    var pipes: [[Int32]] = []
    for _ in 0..<3 {
      var ends: [Int32] = [-1, -1]
      guard linux_pipe(&ends) == 0 else {
        for end in pipes.joined() { close(end) }
        throw Refusal("no pipe could be made: \(Self.words(of: errno))")
      }
      pipes.append(ends)
    }
    var strings = words.map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    var process: pid_t = 0
    let code = linux_spawn(&strings, pipes[0][0], pipes[1][1], pipes[2][1], &process)
    for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
    (input, output, complaints) = (pipes[0][1], pipes[1][0], pipes[2][0])
    self.process = process
    watch = code == 0 ? linux_watch_process(process) : -1
    for end in [input, output, complaints] { _ = linux_do_not_wait(end) }
    guard code == 0 else {
      ending = .status(127)
      throw Refusal("'\(others: words.first ?? "")' cannot be started: \(Self.words(of: code))")
    }
  }

  private static func words(of code: Int32) -> String { String(cString: strerror(code)).lowercased() }

  /// One that still runs ends, and what it started with it.
  deinit {
    for end in [input, output, complaints, watch] where end >= 0 { close(end) }
    guard ending == nil else { return }
    kill(-process, SIGKILL)
    // Nothing keeps a process that was killed but the kernel.
    while waitpid(process, nil, 0) < 0, errno == EINTR {}
  }

  /// What is to be looked at for it.
  var polled: [pollfd] {
    [
      pollfd(fd: written < toWrite.count ? input : -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: answer.count < Self.mostAnswer ? output : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: complaints, events: Int16(POLLIN), revents: 0),
      pollfd(fd: ending == nil ? watch : -1, events: Int16(POLLIN), revents: 0),
    ]
  }

  /// Tells it something. Returns whether there was room for that.
  ///
  /// - Parameter isLast: its standard input then ends.
  func tell(_ bytes: [UInt8], isLast: Bool) -> Bool {
    guard input >= 0, toWrite.count - written + bytes.count <= Self.mostWaiting || written == toWrite.count
    else { return false }
    toWrite.removeFirst(written)
    written = 0
    toWrite += bytes
    closesInput = isLast
    write()
    return true
  }

  /// Takes what it said.
  func take(_ count: Int) -> [UInt8] {
    defer { answer.removeFirst(count) }
    return Array(answer[..<count])
  }

  /// Writes and reads what can be now.
  ///
  /// - Parameter complain: takes a line of what it said on standard error.
  func exchange(_ complain: (String) -> Void) {
    write()
    // What it said last is there by the time at which it has ended.
    noteEnding()
    read(&output, most: Self.mostAnswer - answer.count) { answer += $0 }
    read(&complaints, most: 1 << 16) { said.take($0, complain) }
    if ending != nil { said.end(complain) }
  }

  private func noteEnding() {
    guard ending == nil else { return }
    var status: Int32 = 0
    let changed = waitpid(process, &status, WNOHANG)
    // Somebody above us has told the system that nobody waits for children.
    if changed < 0, errno == ECHILD { ending = .signal(0) }
    guard changed == process else { return }
    let signal = status & 0x7F
    ending = signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
  }

  private func write() {
    while written < toWrite.count, input >= 0 {
      let count = toWrite[written...].withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
      if count > 0 { written += count } else if errno == EAGAIN { return } else { closeInput() }
    }
    (toWrite, written) = ([], 0)
    if closesInput { closeInput() }
  }

  private func closeInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  private func read(_ descriptor: inout Int32, most: Int, _ take: (ArraySlice<UInt8>) -> Void) {
    var left = most
    var piece = [UInt8](repeating: 0, count: 65_536)
    while descriptor >= 0, left > 0 {
      let count = Glibc.read(descriptor, &piece, min(piece.count, left))
      if count > 0 {
        take(piece[..<count])
        left -= count
      } else if count == 0 || errno != EAGAIN && errno != EINTR {
        close(descriptor)
        descriptor = -1
      } else {
        return
      }
    }
  }
}

/// What a program says on standard error, a line at a time; one that floods is told of, and heard no more for a while.
private struct ComplaintLines {
  private var line: [UInt8] = []
  private var told = 0

  private static let most = 20
  private static let longest = 500

  mutating func take(_ bytes: ArraySlice<UInt8>, _ tell: (String) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        end(tell)
      } else if line.count < Self.longest {
        line.append(byte)
      }
    }
  }

  mutating func end(_ tell: (String) -> Void) {
    defer { line = [] }
    guard !line.isEmpty else { return }
    told += 1
    if told <= Self.most { tell(InertText.string(escaping: line)) }
    if told == Self.most { tell("(what more it says on standard error is not shown)") }
  }
}
