import CLinux
import Mail

extension Charsets {
  /// Those that the system's iconv reads, by tables (gconv modules) that belong to the C library of the machine and are
  /// loaded when a mail first has such a set: one of those that ``Charset`` knows, whatever a mail names.
  package static let ofSystem = Charsets { bytes, charset in
    // No set has a byte that becomes more than three of UTF-8, but what was kept back at the end may come on top.
    let room = bytes.count * 3 + 64
    var isThere = true
    let text = [UInt8](unsafeUninitializedCapacity: room) { text, count in
      let written = charset_read(
        charset.name, charset.unitBytes, bytes, bytes.count, text.baseAddress, room)
      isThere = written >= 0
      count = max(0, written)
    }
    return isThere ? text : nil
  }
}
