"""How readable a text is in a browser."""

# WCAG 2.2, "contrast ratio", of an element's text to its own background, through a canvas that knows every notation.
CONTRAST = """(element) => {
  const brush = new OffscreenCanvas(1, 1).getContext("2d");
  const luminance = (color) => {
    brush.fillStyle = color;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(element);
  const [dark, light] = [luminance(style.color), luminance(style.backgroundColor)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}"""
