import Glibc

/// The lines of a file or of standard input, one after the other, however large it is.
///
/// Of a line that is longer than anybody writes, the first bytes are given.
package final class LineReader {
  private let path: String
  private var file: Descriptor
  private var rest: [UInt8] = []
  private var piece = [UInt8](repeating: 0, count: 262_144)
  /// Bytes of the line that is being read are skipped.
  private var isSkipping = false

  private static let longest = 65_536

  /// - Parameter isAtEnd: only what is added from now on.
  package init(path: String, fromEnd isAtEnd: Bool = false) throws(FileFailure) {
    self.path = path
    file =
      try path == "-" ? Descriptor.copy(of: STDIN_FILENO, called: "standard input") : Self.open(path)
    if isAtEnd { lseek(file.number, 0, SEEK_END) }
  }

  /// Hands on the whole lines of what comes next; waits where it is a pipe.
  ///
  /// - Returns: whether anything came; false at the end, or at the end for now.
  package func advance(_ take: (ArraySlice<UInt8>) -> Void) throws(FileFailure) -> Bool {
    let count = try read()
    guard count > 0 else { return false }
    var start = 0
    while let end = piece[start..<count].firstIndex(of: UInt8(ascii: "\n")) {
      if isSkipping {
        isSkipping = false
      } else if rest.isEmpty {
        take(piece[start..<end])
      } else {
        rest.append(contentsOf: piece[start..<end].prefix(Self.longest))
        take(rest[...])
      }
      rest.removeAll(keepingCapacity: true)
      start = end + 1
    }
    keep(piece[start..<count], take)
    return true
  }

  /// A last line without a line feed.
  package func finish(_ take: (ArraySlice<UInt8>) -> Void) {
    if !rest.isEmpty { take(rest[...]) }
    rest.removeAll(keepingCapacity: true)
  }

  /// Whether another file has the name by now, or this one was cut off: then it is read from its start.
  package func reopenWhereReplaced() throws(FileFailure) -> Bool {
    var (open, named) = (stat(), stat())
    guard path != "-", fstat(file.number, &open) == 0, stat(path, &named) == 0 else { return false }
    let isSame = named.st_ino == open.st_ino && named.st_dev == open.st_dev
    if isSame, lseek(file.number, 0, SEEK_CUR) <= open.st_size { return false }
    file = try Self.open(path)
    rest.removeAll(keepingCapacity: true)
    isSkipping = false
    return true
  }

  private func keep(_ part: ArraySlice<UInt8>, _ take: (ArraySlice<UInt8>) -> Void) {
    guard !isSkipping else { return }
    rest.append(contentsOf: part)
    guard rest.count > Self.longest else { return }
    take(rest.prefix(Self.longest))
    rest.removeAll(keepingCapacity: true)
    isSkipping = true
  }

  private func read() throws(FileFailure) -> Int {
    while true {
      let count = piece.withUnsafeMutableBytes { Glibc.read(file.number, $0.baseAddress, $0.count) }
      if count >= 0 { return count }
      if errno != EINTR { throw FileFailure(reading: path, errno) }
    }
  }

  private static func open(_ path: String) throws(FileFailure) -> Descriptor {
    let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard number >= 0 else { throw FileFailure(opening: path, errno) }
    return Descriptor(number)
  }
}
