import CLinux

/// Takes gzip data in pieces cut anywhere and hands out what it holds; members that follow each other are one text.
final class Gunzip {
  static let mark: [UInt8] = [0x1F, 0x8B]

  enum State {
    case betweenMembers, insideMember
    /// Behind the last member stands what is none, such as zeros to the end of a block; gzip ignores it as well.
    case over
    case damaged
  }

  private let stream: OpaquePointer
  private var output = [UInt8](repeating: 0, count: 131_072)
  private(set) var state = State.betweenMembers

  /// Nil without memory.
  init?() {
    guard let stream = gunzip_new() else { return nil }
    self.stream = stream
  }

  deinit { gunzip_free(stream) }

  /// Hands what the first `count` bytes of `input` hold to `consume`, up to the damage if there is any.
  func take(_ input: [UInt8], _ count: Int, _ consume: ([UInt8]) throws(FileFailure) -> Void)
    throws(FileFailure)
  {
    var offset = 0
    var isFull = false
    while offset < count || isFull {
      if case .betweenMembers = state { state = input[offset] == Self.mark[0] ? .insideMember : .over }
      guard case .insideMember = state else { return }
      let (status, taken, given) = step(input, offset..<count)
      offset += taken
      isFull = given == output.count
      if given > 0 { try consume(isFull ? output : Array(output[..<given])) }
      switch status {
      case GUNZIP_MORE: if taken == 0, given == 0 { return }
      case GUNZIP_MEMBER:
        state = .betweenMembers
        isFull = false
      default: state = .damaged
      }
    }
  }

  private func step(_ input: [UInt8], _ part: Range<Int>) -> (gunzip_status, taken: Int, given: Int) {
    var taken = 0
    var given = 0
    let status = input.withUnsafeBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        gunzip_step(
          stream, source.baseAddress.map { $0 + part.lowerBound }, part.count, &taken, target.baseAddress,
          target.count, &given)
      }
    }
    return (status, taken, given)
  }
}
