import ProxyRuntime

/// Where an export goes: standard output, or a file.
final class ExportFile {
  private let output: Output
  private let file: NewFile?
  private let gzip: Gzip?

  /// - Parameter spared: files that are being read and are never written over.
  init(_ path: String, isGzipped: Bool = false, sparing spared: [String]) throws(FileFailure) {
    gzip = isGzipped ? Gzip() : nil
    if isGzipped, gzip == nil { throw FileFailure("there is no memory to compress it", hint: nil) }
    guard path != "-" else {
      output = Output()
      file = nil
      return
    }
    let file = try NewFile(path, replacing: true, sparing: .init(spared), waiting: tell)
    output = Output(to: file.descriptor, named: path)
    self.file = consume file
  }

  func append(_ fill: (inout [UInt8]) -> Void) {
    guard let gzip else { return output.append(fill) }
    var bytes: [UInt8] = []
    fill(&bytes)
    let packed = gzip.append(bytes)
    output.append { $0 += packed }
  }

  func finish() {
    if let packed = gzip?.finish() { output.append { $0 += packed } }
    output.flush()
  }
}
