import Foundation

/// Text and bytes of files beside the tests, and of a folder of captures that may stand beside the project.
package enum Fixtures {
  /// The file `name` in the `Fixtures` folder of the test target that `file` belongs to (its folder is looked up
  /// from the test's own place upwards).
  package static func text(_ name: String, besides file: String = #filePath) -> String {
    let url = folder(besides: file).appendingPathComponent(name)
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      preconditionFailure("no fixture \(name) in \(url.deletingLastPathComponent().lastPathComponent)")
    }
    return text
  }

  /// Names of the files in the `Fixtures` folder (or `subfolder` in it) that end in `suffix`, sorted.
  package static func names(
    in subfolder: String = "", ending suffix: String, besides file: String = #filePath
  ) -> [String] {
    let url = folder(besides: file).appendingPathComponent(subfolder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted()
  }

  package static func folder(besides file: String) -> URL {
    var url = URL(fileURLWithPath: file).deletingLastPathComponent()
    while url.path != "/" {
      let fixtures = url.appendingPathComponent("Fixtures")
      if FileManager.default.fileExists(atPath: fixtures.path) { return fixtures }
      url = url.deletingLastPathComponent()
    }
    preconditionFailure("no Fixtures folder above \(file)")
  }

  /// The project's own folder: the one with `Package.swift`.
  package static let project: URL = {
    var url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while url.path != "/", !FileManager.default.fileExists(atPath: url.path + "/Package.swift") {
      url = url.deletingLastPathComponent()
    }
    return url
  }()

  /// The folder `shared/<name>` beside the project or further up, or in `MITMILTER_SHARED`; nil where there is none.
  package static func shared(_ name: String) -> URL? {
    var candidates: [URL] = []
    if let set = ProcessInfo.processInfo.environment["MITMILTER_SHARED"] {
      candidates.append(URL(fileURLWithPath: set))
    }
    var url = project
    while url.path != "/" {
      url = url.deletingLastPathComponent()
      candidates.append(url.appendingPathComponent("shared"))
    }
    return candidates.map { $0.appendingPathComponent(name) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
