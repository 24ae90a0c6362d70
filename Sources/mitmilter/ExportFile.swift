import ProxyRuntime

/// Where an export goes: standard output, or a file.
final class ExportFile {
  private let output: Output
  private let file: NewFile?

  /// - Parameter spared: files that are being read and are never written over.
  init(_ path: String, sparing spared: [String]) throws(FileFailure) {
    guard path != "-" else {
      output = Output()
      file = nil
      return
    }
    let file = try NewFile(path, replacing: true, sparing: .init(spared), waiting: tell)
    output = Output(to: file.descriptor, named: path)
    self.file = consume file
  }

  func append(_ fill: (inout [UInt8]) -> Void) { output.append(fill) }

  func finish() { output.flush() }
}
