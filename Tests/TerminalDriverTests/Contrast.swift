import Foundation

/// Relative luminance and contrast of colours (WCAG 2.1).
enum Contrast {
  static func ratio(_ a: Double, _ b: Double) -> Double { (max(a, b) + 0.05) / (min(a, b) + 0.05) }

  static func luminance(ofRGB rgb: Int) -> Double {
    let parts = [rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff].map { value in
      let part = Double(value) / 255
      return part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }

  /// Of a colour from 16 on of the 256 that xterm has: a cube of 6×6×6, then greys.
  static func luminance(of color: Int32) -> Double {
    let steps = [0, 95, 135, 175, 215, 255]
    let place = Int(color) - 16
    guard place < 216 else { return luminance(ofRGB: (8 + 10 * (place - 216)) * 0x01_0101) }
    return luminance(ofRGB: steps[place / 36] << 16 | steps[place / 6 % 6] << 8 | steps[place % 6])
  }
}
