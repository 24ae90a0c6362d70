import CLinux
import Glibc

/// epoll, level-triggered: which descriptors can be read or written.
struct Poller: ~Copyable {
  /// What a descriptor is watched for; errors and hang-ups are reported in any case.
  struct Interest: OptionSet {
    let rawValue: UInt32
    static let reading = Interest(rawValue: linux_readable)
    static let writing = Interest(rawValue: linux_writable)
  }

  struct Event {
    let tag: UInt64
    let bits: UInt32
    var isWritable: Bool { bits & linux_writable != 0 }
    /// Something can be read, be it the end or an error.
    var isReadable: Bool { bits & (linux_readable | linux_failed | linux_hung_up) != 0 }
    var isBroken: Bool { bits & (linux_failed | linux_hung_up) != 0 }
  }

  /// Events taken at a time.
  static let room = 256

  private let descriptor: Int32
  private let tags: UnsafeMutablePointer<UInt64>
  private let bits: UnsafeMutablePointer<UInt32>

  init() {
    descriptor = linux_epoll_new()
    precondition(descriptor >= 0, "epoll is not available")
    tags = .allocate(capacity: Self.room)
    bits = .allocate(capacity: Self.room)
  }

  deinit {
    close(descriptor)
    tags.deallocate()
    bits.deallocate()
  }

  func add(_ fd: Int32, _ interest: Interest, tag: UInt64) {
    _ = linux_epoll_add(descriptor, fd, interest.rawValue, tag)
  }
  func modify(_ fd: Int32, _ interest: Interest, tag: UInt64) {
    _ = linux_epoll_modify(descriptor, fd, interest.rawValue, tag)
  }
  func remove(_ fd: Int32) { _ = linux_epoll_remove(descriptor, fd) }

  /// How many events there are, asked for one by one with ``subscript(_:)``.
  func wait(milliseconds: Int32) -> Int {
    Int(max(0, linux_epoll_wait(descriptor, tags, bits, Int32(Self.room), milliseconds)))
  }

  subscript(_ index: Int) -> Event { Event(tag: tags[index], bits: bits[index]) }
}
