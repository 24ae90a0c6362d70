extension MIMEPart {
  /// A name to save it under: the last component of what the mail says, without what a shell or a terminal could take for
  /// something else; `part-N` where nothing is left.
  package func safeFileName(_ number: Int, _ charsets: Charsets) -> String {
    let sent = fileName(charsets) ?? []
    let last =
      sent.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: ":") }.last ?? []
    var name = ""
    for scalar in String(decoding: last, as: UTF8.self).unicodeScalars {
      let isWord =
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || "._-+".unicodeScalars.contains(scalar)
      if name.utf8.count < 100 { name.unicodeScalars.append(isWord ? scalar : "_") }
    }
    // Neither a hidden file nor an option.
    while let first = name.unicodeScalars.first, first == "." || first == "-" || first == "_" {
      name.unicodeScalars.removeFirst()
    }
    return name.isEmpty ? "part-\(number)" : name
  }
}
