import Glibc
import TraceFormat

/// The bytes of a trace, in order as they come, and kept where they can be read again at any place.
///
/// A plain trace is its own store. What cannot be read twice (a pipe, compressed data), and what has to be turned into a
/// trace first (a packet capture, a trace that is judged anew), goes through an unlinked temporary file.
final class TraceInput {
  let path: String
  let source: Descriptor
  let store: Descriptor

  private let isStored: Bool
  private let gunzip: Gunzip?
  private var piece = [UInt8](repeating: 0, count: 262_144)
  /// How much of `piece` has been read and not been handed out.
  private var pending = 0
  /// Of compressed data, the first bytes, until they tell what it is.
  private var start: [UInt8]? = []
  /// What turns the bytes into those of a trace; nil where they are one.
  private var translation: (any TraceTranslation)?
  private let isJudged: Bool
  private var isOver = false
  /// Bytes of compressed data, and of what it holds.
  private var (packed, unpacked) = (0, 0)
  /// Whether it holds more than anybody packs who does not mean harm.
  private var isBomb = false

  /// Traces are packed to a tenth or a thirtieth; 2.9 MB of zeros are 3 GB.
  private static let mostRatio = 250
  /// From which the ratio counts.
  private static let roomUnpacked = 268_435_456

  /// Bytes that tell a capture from a trace, and both from a bundle.
  private static func bytesToTell(_ start: ArraySlice<UInt8>) -> Int {
    if start.count < captureMark || start.starts(with: Gunzip.mark) || CaptureTranslation.fits(start) {
      return captureMark
    }
    return max(captureMark, Tar.bytesToTell(start))
  }

  private static let captureMark = 4

  /// - Parameter isJudged: a trace is given with the findings of this version in place of its own.
  convenience init(path: String, isJudged: Bool = false) throws(FileFailure) {
    let source =
      try path == "-" ? Descriptor.copy(of: STDIN_FILENO, called: "standard input") : Self.open(path)
    try self.init(source, named: path, isJudged: isJudged)
  }

  /// What is open already, from its beginning.
  init(_ source: Descriptor, named path: String, isJudged: Bool = false) throws(FileFailure) {
    (self.path, self.isJudged) = (path, isJudged)
    self.source = source
    // A few bytes tell compressed data and captures from traces; a pipe may bring them one by one.
    while pending < Self.bytesToTell(piece[..<pending]) {
      let count = try Self.read(source, into: &piece, from: pending, path)
      if count == 0 { break }
      pending += count
    }
    let isCompressed = piece[..<pending].starts(with: Gunzip.mark)
    if !isCompressed {
      start = nil
      translation = Self.translation(piece[..<pending], isJudged)
    }
    isStored = isCompressed || translation != nil || !source.isSeekable
    store = isStored ? try TemporaryFile.open() : source
    gunzip = isCompressed ? Gunzip() : nil
    if isCompressed, gunzip == nil { throw FileFailure("cannot read '\(path)': no memory to decompress it") }
  }

  /// Reads once and hands on what came; waits for input where it is a pipe.
  func advance(_ consume: (Span<UInt8>) -> Void) throws(FileFailure) -> TraceFileReader.Progress {
    if isOver { return .atEnd }
    if pending == 0 { pending = try Self.read(source, into: &piece, from: 0, path) }
    defer { pending = 0 }
    if pending == 0 { return try finish(consume) }
    if let gunzip {
      packed += pending
      try gunzip.take(piece, pending) { (bytes) throws(FileFailure) in try keep(bytes, consume) }
    } else if isStored {
      try keep(Array(piece[..<pending]), consume)
    } else {
      // A span may not outlast an access to a stored property, so the array is taken out for as long.
      let bytes = piece
      piece = []
      consume(bytes.span.extracting(0..<pending))
      piece = bytes
    }
    return .grew
  }

  /// What is wrong with the way the bytes end, when they have ended.
  var loss: String? {
    if isBomb {
      return
        "the compressed data holds more than \(Self.mostRatio) times its size: what is beyond \(unpacked) bytes is left out"
    }
    return switch gunzip?.state {
    case .insideMember: "the compressed data is cut short"
    case .damaged: "the compressed data is damaged; what follows the damage is left out"
    case .betweenMembers, .over, nil: nil
    }
  }

  private static func translation(_ start: ArraySlice<UInt8>, _ isJudged: Bool) -> (any TraceTranslation)? {
    if CaptureTranslation.fits(start) { return CaptureTranslation() }
    if Tar.fits(start) { return BundledTrace(isJudged: isJudged) }
    return isJudged ? JudgedTrace() : nil
  }

  /// The end makes the last lines of what is translated, once; then the file is not followed any further.
  private func finish(_ consume: (Span<UInt8>) -> Void) throws(FileFailure) -> TraceFileReader.Progress {
    if let waiting = start, !waiting.isEmpty {
      start = nil
      try store(waiting, consume)
      return .grew
    }
    guard var ending = translation.take() else { return .atEnd }
    isOver = true
    try store(ending.finish(), consume)
    if let refusal = ending.refusal { throw FileFailure("cannot read '\(path)': \(refusal)", hint: nil) }
    return .grew
  }

  private func keep(_ bytes: [UInt8], _ consume: (Span<UInt8>) -> Void) throws(FileFailure) {
    if isBomb { return }
    unpacked += bytes.count
    if gunzip != nil, unpacked > max(Self.roomUnpacked, packed * Self.mostRatio) {
      (isBomb, isOver) = (true, true)
      return
    }
    guard let waiting = start else {
      return try store(translation?.append(bytes) ?? bytes, consume)
    }
    let known = waiting + bytes
    guard known.count >= Self.bytesToTell(known[...]) else {
      start = known
      return
    }
    start = nil
    translation = Self.translation(known[...], isJudged)
    try store(translation?.append(known) ?? known, consume)
  }

  private func store(_ bytes: [UInt8], _ consume: (Span<UInt8>) -> Void) throws(FileFailure) {
    if let failed = writeAll(bytes, to: store.number) {
      throw FileFailure(writing: "a temporary file", failed)
    }
    consume(bytes.span)
  }

  private static func read(_ source: Descriptor, into piece: inout [UInt8], from start: Int, _ path: String)
    throws(FileFailure) -> Int
  {
    while true {
      let count = piece.withUnsafeMutableBytes {
        Glibc.read(source.number, $0.baseAddress.map { $0 + start }, $0.count - start)
      }
      if count >= 0 { return count }
      if errno == EAGAIN {
        var waiting = pollfd(fd: source.number, events: Int16(POLLIN), revents: 0)
        if poll(&waiting, 1, -1) >= 0 || errno == EINTR { continue }
      }
      if errno != EINTR { throw FileFailure(reading: path, errno) }
    }
  }

  private static func open(_ path: String) throws(FileFailure) -> Descriptor {
    // A bundle that was unpacked is its trace.
    let path = TraceFolder.bundledTrace(in: path) ?? path
    let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard number >= 0 else { throw FileFailure(opening: path, errno) }
    let file = Descriptor(number)
    if let folder = TraceFolder(path) { throw folder.failure }
    return file
  }
}
