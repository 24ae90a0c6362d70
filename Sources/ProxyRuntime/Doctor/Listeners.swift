import Glibc
import MTAConfiguration

/// Programs that listen on this machine, from `/proc`: other users' are seen by root alone.
enum Listeners {
  static var all: [ListeningProgram] {
    let addresses = tcp("/proc/net/tcp") + tcp("/proc/net/tcp6") + unix
    guard !addresses.isEmpty else { return [] }
    let programs = programs(of: Set(addresses.map(\.inode)))
    return addresses.compactMap { socket in
      programs[socket.inode].map { ListeningProgram(socket.address, program: $0) }
    }
  }

  private typealias Socket = (inode: String, address: MilterAddress)

  /// `  0: 0100007F:22BB 00000000:0000 0A … inode`, addresses in words of the machine's byte order (proc(5)).
  private static func tcp(_ table: String) -> [Socket] {
    lines(table).compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 9, fields[3] == "0A" else { return nil }
      let local = fields[1].split(separator: ":")
      guard local.count == 2, let port = UInt16(local[1], radix: 16), let host = host(local[0]) else {
        return nil
      }
      return (String(fields[9]), .inet(host: host, port: port, family: host.contains(":") ? .ipv6 : .any))
    }
  }

  /// `0000000000000000: 00000002 00000000 00010000 0001 01 inode path`: 10000 listens (proc(5)).
  private static var unix: [Socket] {
    lines("/proc/net/unix").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 7)
      guard fields.count == 8, fields[3] == "00010000", fields[7].hasPrefix("/") else { return nil }
      return (String(fields[6]), .unix(path: String(fields[7])))
    }
  }

  private static func host(_ hexadecimal: Substring) -> String? {
    var words: [UInt32] = []
    var rest = hexadecimal
    while !rest.isEmpty {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      words.append(word)
      rest = rest.dropFirst(8)
    }
    let family = words.count == 1 ? AF_INET : AF_INET6
    guard words.count == 1 || words.count == 4 else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, words, &text, socklen_t(text.count)) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func programs(of inodes: Set<String>) -> [String: String] {
    var programs: [String: String] = [:]
    for process in entries("/proc") where process.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      for descriptor in entries("/proc/\(process)/fd") {
        let target = linkTarget("/proc/\(process)/fd/\(descriptor)")
        guard target.hasPrefix("socket:["), target.hasSuffix("]") else { continue }
        let inode = String(target.dropFirst(8).dropLast())
        if inodes.contains(inode) { programs[inode] = name(ofProcess: process) }
      }
    }
    return programs
  }

  /// Of its program file; what the process calls itself, where that cannot be seen.
  private static func name(ofProcess process: String) -> String {
    let file = linkTarget("/proc/\(process)/exe")
    if let name = file.split(separator: "/").last { return String(name) }
    return lines("/proc/\(process)/comm").first ?? ""
  }

  private static func entries(_ folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  private static func lines(_ file: String) -> [String] {
    guard let bytes = try? wholeFile(file, limit: 16 << 20) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
