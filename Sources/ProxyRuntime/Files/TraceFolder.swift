import Glibc
import TraceFormat

/// The traces and captures that lie in a folder, told by their first bytes, whatever they are called.
package struct TraceFolder: Sendable {
  package let path: String
  /// In the order of their names.
  package let entries: [Entry]

  package struct Entry: Equatable, Sendable {
    package let name: String
    package let kind: Kind
    package let isCompressed: Bool
    package let bytes: Int
    /// When it was last written, in seconds since 1970.
    package let written: Int64
  }

  package enum Kind: Sendable { case trace, capture }

  /// Nil where it is no folder, or none that can be read.
  package init?(_ path: String) {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    self.path = path
    var entries: [Entry] = []
    var looked = 0
    while looked < Self.most, let next = readdir(folder) {
      // Other names are no text, and could not be opened by it.
      let name = withUnsafeBytes(of: next.pointee.d_name) {
        String(validating: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let name else { continue }
      looked += 1
      if let entry = Self.entry(name, in: dirfd(folder)) { entries.append(entry) }
    }
    self.entries = entries.sorted { $0.name < $1.name }
  }

  /// More names than these are not looked at: a person looks for one by name then.
  private static let most = 10_000

  package func path(of entry: Entry) -> String { path + (path.hasSuffix("/") ? "" : "/") + entry.name }

  /// It was to be read like a file.
  package var failure: FileFailure {
    FileFailure(FileFailure(reading: path, EISDIR).message, hint: hint, code: EISDIR)
  }

  private var hint: String {
    guard !entries.isEmpty else { return "name a trace or a capture; there is none in it" }
    let names = entries.prefix(Self.namedAtMost).map { ListingText.inert($0.name) }.joined(separator: ", ")
    let others = entries.count - min(entries.count, Self.namedAtMost)
    return "name one or more of \(names)" + (others > 0 ? " and \(others) more" : "")
  }

  private static let namedAtMost = 20

  private static func entry(_ name: String, in folder: Int32) -> Entry? {
    var status = stat()
    guard fstatat(folder, name, &status, 0) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    // Somebody may have put a pipe there meanwhile, which nobody is to wait for.
    let opened = openat(folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard opened >= 0 else { return nil }
    let start = start(of: Descriptor(opened))
    let isCompressed = start.starts(with: Gunzip.mark)
    guard let kind = kind(isCompressed ? decompressed(start) : start) else { return nil }
    return Entry(
      name: name, kind: kind, isCompressed: isCompressed, bytes: Int(status.st_size),
      written: Int64(status.st_mtim.tv_sec))
  }

  /// The trace of a bundle that is a folder; nil where it is none.
  package static func bundledTrace(in folder: String) -> String? {
    guard let id = FileIdentity(folder), id.isFolder else { return nil }
    let paths = BundleFiles.ofFolder.map { folder + (folder.hasSuffix("/") ? "" : "/") + $0 }
    return paths.allSatisfy { FileIdentity($0) != nil } ? paths.first : nil
  }

  private static func kind(_ start: [UInt8]) -> Kind? {
    if start.starts(with: TraceHeadReader.mark) || Tar.fits(start[...]) { return .trace }
    return CaptureTranslation.fits(start) ? .capture : nil
  }

  private static func start(of file: Descriptor) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: startBytes) { buffer, count in
      count = max(0, read(file.number, buffer.baseAddress, buffer.count))
    }
  }

  /// Enough of compressed data for it to give its first bytes.
  private static let startBytes = 4096

  private static func decompressed(_ start: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    // Keeping them does not fail.
    try? Gunzip()?.take(start, start.count) { bytes += $0 }
    return bytes
  }
}
