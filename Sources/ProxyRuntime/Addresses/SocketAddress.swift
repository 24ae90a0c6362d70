import CLinux
import Glibc
import MTAConfiguration

/// An address as the system takes it.
package struct SocketAddress: Sendable {
  private var storage: sockaddr_storage
  private var length: socklen_t

  /// Made by `fill`, a system call that writes the address of a socket.
  package init(filledBy fill: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Void) {
    storage = sockaddr_storage()
    length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { fill($0, &length) }
    }
  }

  init(_ storage: sockaddr_storage, _ length: socklen_t) {
    self.storage = storage
    self.length = length
  }

  package init(unix path: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      target.copyBytes(from: path.utf8.prefix(MilterAddress.longestPath))
    }
    self.init(of: address)
  }

  /// Where systemd wants to be told something: a path, or a name after `@`, which is of no folder. nil for anything else.
  init?(notifying name: String) {
    var bytes = Array(name.utf8)
    guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@") else {
      return nil
    }
    if first == UInt8(ascii: "@") { bytes[0] = 0 }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard bytes.count <= MilterAddress.longestPath else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    self.init(of: address)
    length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (first == UInt8(ascii: "/") ? 1 : 0))
  }

  /// A dotted quad or an IPv6 literal; nil for a name.
  package init?(literal host: String, port: UInt16) {
    var v4 = sockaddr_in()
    if inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_port = port.bigEndian
      self.init(of: v4)
      return
    }
    var v6 = sockaddr_in6()
    guard inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 else { return nil }
    v6.sin6_family = sa_family_t(AF_INET6)
    v6.sin6_port = port.bigEndian
    self.init(of: v6)
  }

  private init<Address>(of address: Address) {
    storage = sockaddr_storage()
    length = socklen_t(MemoryLayout<Address>.size)
    withUnsafeMutableBytes(of: &storage) { target in
      withUnsafeBytes(of: address) { target.copyBytes(from: $0) }
    }
  }

  package var family: Int32 { Int32(storage.ss_family) }
  package var isUnix: Bool { family == AF_UNIX }

  package func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// Whether only this machine can reach it.
  package var isLocal: Bool {
    switch family {
    case AF_UNIX: true
    case AF_INET: withBytes(as: sockaddr_in.self) { $0.sin_addr.s_addr & UInt32(0xFF).littleEndian == 127 }
    default: host == "::1"
    }
  }

  package var port: UInt16 {
    switch family {
    case AF_INET: withBytes(as: sockaddr_in.self) { UInt16(bigEndian: $0.sin_port) }
    case AF_INET6: withBytes(as: sockaddr_in6.self) { UInt16(bigEndian: $0.sin6_port) }
    default: 0
    }
  }

  /// The IP address as text; empty for a unix socket.
  package var host: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    switch family {
    case AF_INET:
      withBytes(as: sockaddr_in.self) { address in
        var address = address.sin_addr
        _ = inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
      }
    case AF_INET6:
      withBytes(as: sockaddr_in6.self) { address in
        var address = address.sin6_addr
        _ = inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
      }
    default: return ""
    }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// In the canonical form; `unix:` alone where a unix socket has no name, as the connecting end has not.
  package var canonical: String {
    switch family {
    case AF_UNIX: MilterAddress.unix(path: path).description
    case AF_INET6: MilterAddress.inet(host: host, port: port, family: .ipv6).description
    default: MilterAddress.inet(host: host, port: port, family: .any).description
    }
  }

  /// As an address that one connects to.
  var milter: MilterAddress {
    isUnix
      ? .unix(path: path) : .inet(host: host, port: port, family: family == AF_INET6 ? .ipv6 : .any)
  }

  private var path: String {
    let used = Int(length) - MemoryLayout<sa_family_t>.size
    guard used > 0 else { return "" }
    return withBytes(as: sockaddr_un.self) { address in
      withUnsafeBytes(of: address.sun_path) { bytes in
        String(decoding: bytes.prefix(used).prefix { $0 != 0 }, as: UTF8.self)
      }
    }
  }

  private func withBytes<Address, Result>(as type: Address.Type, _ body: (Address) -> Result) -> Result {
    withUnsafeBytes(of: storage) { body($0.loadUnaligned(as: Address.self)) }
  }
}
