import Glibc

/// A folder for one test, removed with what is in it (files only) when the test lets go of it.
package final class TemporaryFolder: Sendable {
  package let path: String

  package struct Failure: Error { let message: String }

  package init() throws {
    var template = Array("/tmp/mitmilter-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(message: "no temporary folder: errno \(errno)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        unlink(file(name))
      }
      closedir(folder)
    }
    rmdir(path)
  }

  package func file(_ name: String) -> String { path + "/" + name }

  package func write(_ bytes: [UInt8], to name: String) throws {
    guard let file = fopen(file(name), "w") else { throw Failure(message: "cannot create \(name)") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw Failure(message: "cannot write \(name)")
    }
  }

  package func contents(_ name: String) throws -> [UInt8] { try Self.bytes(of: file(name)) }

  package static func bytes(of path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else { throw Failure(message: "cannot open \(path)") }
    defer { fclose(file) }
    var contents: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&piece, 1, piece.count, file)
      if count == 0 { return contents }
      contents += piece[..<count]
    }
  }

  package func mode(_ name: String) throws -> UInt32 {
    var status = stat()
    guard stat(file(name), &status) == 0 else { throw Failure(message: "no such file: \(name)") }
    return status.st_mode & 0o7777
  }
}
