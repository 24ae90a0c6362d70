/// Where the fields of a packet lie: ranges into ``Packet/bytes``, strings without their NUL. Nothing is copied.
///
/// Lists of strings are one range, walked with ``StringList``. Where a packet is malformed the shape has what could be
/// found: an unterminated string reaches to the end of the packet, a missing one is an empty range there.
public enum PacketShape: Equatable, Sendable {
  case optNeg(OptNegShape)
  case macro(command: UInt8, strings: Range<Int>)
  case connect(ConnectShape)
  case helo(name: Range<Int>)
  case mail(address: Range<Int>, arguments: Range<Int>)
  case rcpt(address: Range<Int>, arguments: Range<Int>)
  case data
  case header(name: Range<Int>, value: Range<Int>)
  case eoh
  case body(Range<Int>)
  case bodyEOB(Range<Int>)
  case unknown(line: Range<Int>)
  case abort
  case quit
  case quitNC

  /// A verdict without payload; the kind says which.
  case verdict(ReplyKind)
  case replyCode(text: Range<Int>)
  case progress
  case addHeader(name: Range<Int>, value: Range<Int>)
  case insHeader(index: UInt32, name: Range<Int>, value: Range<Int>)
  case chgHeader(index: UInt32, name: Range<Int>, value: Range<Int>)
  case addRcpt(address: Range<Int>)
  case addRcptPar(address: Range<Int>, parameters: Range<Int>?)
  case delRcpt(address: Range<Int>)
  case chgFrom(address: Range<Int>, parameters: Range<Int>?)
  case replBody(Range<Int>)
  case quarantine(reason: Range<Int>)
  case setSymList(stage: UInt32, names: Range<Int>)
  case connFail

  /// A code that the sender does not use; the range is the payload.
  case undecoded(Range<Int>)
  /// A frame of length 0.
  case empty
}

/// The fixed numbers of OPTNEG, 0 where they are cut off, and where the symbol lists lie.
public struct OptNegShape: Equatable, Sendable {
  public var version: UInt32
  public var actions: ActionFlags
  public var protocolFlags: ProtocolFlags
  /// Everything after the fixed part; walked with ``SymbolLists``.
  public var symbolLists: Range<Int>
}

/// z hostname, u8 family, and unless the family is `U`: u16 port, z address.
public struct ConnectShape: Equatable, Sendable {
  public var hostname: Range<Int>
  /// 0 where it is cut off.
  public var family: UInt8
  /// In host order; 0 where there is none.
  public var port: UInt16
  /// Empty where there is none.
  public var address: Range<Int>
}

/// Walks the NUL-terminated strings in a range of a packet: each as a range without its NUL.
///
/// A last string that lacks its NUL is given all the same.
public struct StringList: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var rest: Range<Int>

  public init(_ range: Range<Int>, of packet: Packet) {
    bytes = packet.bytes
    rest = range
  }

  public mutating func next() -> Range<Int>? {
    guard !rest.isEmpty else { return nil }
    let end = bytes.span.firstNUL(in: rest) ?? rest.upperBound
    defer { rest = Swift.min(end + 1, rest.upperBound)..<rest.upperBound }
    return rest.lowerBound..<end
  }
}

/// Walks the symbol lists of an OPTNEG reply: u32 stage, then one string of names, of which the last
/// may lack its NUL. Stops where a stage is cut short.
public struct SymbolLists: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var rest: Range<Int>

  public init(_ range: Range<Int>, of packet: Packet) {
    bytes = packet.bytes
    rest = range
  }

  public mutating func next() -> (stage: UInt32, names: Range<Int>)? {
    guard rest.count > 4 else { return nil }
    let stage = bytes.span.bigEndian32(at: rest.lowerBound)
    let start = rest.lowerBound + 4
    let end = bytes.span.firstNUL(in: start..<rest.upperBound) ?? rest.upperBound
    rest = Swift.min(end + 1, rest.upperBound)..<rest.upperBound
    return (stage, start..<end)
  }
}
