import ConsoleUI
import Glibc
import ProxyRuntime
import TerminalDriver

/// `$VISUAL` or `$EDITOR` on a text, in place of the screen.
enum OperatorsEditor {
  struct Failure: Error {
    var message: String
  }

  /// What the operator made of the text. The file lives as long as the editor runs, mode 0600.
  static func edit(_ text: [UInt8], on terminal: Terminal) throws(Failure) -> [UInt8] {
    var template = Array("\(folder)/mitmilter-XXXXXX.txt".utf8CString)
    let descriptor = mkstemps(&template, 4)
    guard descriptor >= 0 else {
      throw Failure(message: "cannot make a file in \(folder): \(String(cString: strerror(errno)))")
    }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let fault = writeAll(text, to: descriptor)
    close(descriptor)
    if let fault { throw Failure(message: FileFailure(writing: path, fault).message) }
    let status: Int32
    do { status = try terminal.run(command + [path]) } catch {
      throw Failure(message: error.message + "; VISUAL or EDITOR names another editor")
    }
    guard status == 0 else {
      let end = status > 128 ? "was ended by signal \(status - 128)" : "ended with status \(status)"
      throw Failure(message: "\(command[0]) \(end): nothing was changed")
    }
    do { return try wholeFile(path) } catch { throw Failure(message: error.message) }
  }

  /// The editor with its own arguments.
  private static var command: [String] {
    for name in ["VISUAL", "EDITOR"] {
      let words = (getenv(name).map { String(cString: $0) } ?? "").split(separator: " ").map(String.init)
      if !words.isEmpty { return words }
    }
    return ["vi"]
  }

  private static var folder: String {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return folder.isEmpty ? "/tmp" : folder
  }
}
