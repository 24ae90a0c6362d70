import Glibc
import MilterProtocol

/// Runs a program to its end and takes what it prints; it gets no input, and is ended when it takes too long.
struct ProgramOutput {
  let output: String
  let complaints: String
  let succeeded: Bool

  /// nil where it cannot be started, or does not end in time.
  static func run(_ program: String, _ arguments: [String], until due: Due) -> ProgramOutput? {
    guard let output = Pipe(), let complaints = Pipe() else { return nil }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, complaints.write, STDERR_FILENO)
    var words = strings([program] + arguments)
    var environment = strings(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"])
    defer { for word in words + environment { free(word) } }
    var process: pid_t = 0
    guard posix_spawn(&process, program, &actions, nil, &words, &environment) == 0 else { return nil }
    output.closeWriting()
    complaints.closeWriting()
    let texts = read([output.read, complaints.read], until: due)
    if texts == nil { kill(process, SIGKILL) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard let texts else { return nil }
    return ProgramOutput(output: texts[0], complaints: texts[1], succeeded: status == 0)
  }

  /// As execve(2) takes them; to be freed.
  private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { strdup($0) } + [nil]
  }

  /// What comes from both until both end; nil where that takes too long.
  private static func read(_ descriptors: [Int32], until due: Due) -> [String]? {
    var texts = [[UInt8]](repeating: [], count: descriptors.count)
    var isOpen = [Bool](repeating: true, count: descriptors.count)
    var piece = [UInt8](repeating: 0, count: 65_536)
    while isOpen.contains(true) {
      // One that has ended is not looked at any more.
      var waiting = descriptors.indices.map {
        pollfd(fd: isOpen[$0] ? descriptors[$0] : -1, events: Int16(POLLIN), revents: 0)
      }
      let count = poll(&waiting, nfds_t(waiting.count), due.milliseconds)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      for index in descriptors.indices where waiting[index].revents != 0 {
        let count = Glibc.read(descriptors[index], &piece, piece.count)
        if count > 0 { texts[index] += piece[..<count] } else { isOpen[index] = false }
      }
    }
    return texts.map { String(decoding: $0, as: UTF8.self) }
  }

  private final class Pipe {
    let read: Int32
    private(set) var write: Int32

    init?() {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return nil }
      (read, write) = (ends[0], ends[1])
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    func closeWriting() {
      close(write)
      write = -1
    }

    deinit {
      close(read)
      if write >= 0 { close(write) }
    }
  }
}
