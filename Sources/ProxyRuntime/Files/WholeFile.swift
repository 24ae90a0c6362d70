import Glibc

/// The contents of a small file; refuses what is larger than `limit` bytes.
package func wholeFile(_ path: String, limit: Int = 64 << 20) throws(FileFailure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileFailure(opening: path, errno) }
  let file = Descriptor(descriptor)
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(file.number, &piece, piece.count)
    if count == 0 { return bytes }
    if count < 0 {
      if errno == EINTR { continue }
      throw FileFailure(reading: path, errno)
    }
    bytes += piece[..<count]
    guard bytes.count <= limit else {
      throw FileFailure("cannot read '\(path)': it has more than \(limit >> 20) MiB")
    }
  }
}
