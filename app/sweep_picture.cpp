// See the header. The drawing goes through Cairo's streams into memory, then to the disk at once.
#include "app/sweep_picture.h"

#include <algorithm>
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cmath>
#include <memory>
#include <optional>

#include "app/plot_scale.h"
#include "app/result_json.h"
#include "app/sweep_plans.h"
#include "engine/error.h"
#include "engine/files/text_file.h"

namespace matmamba
{

namespace
{

constexpr double kWidth = 900, kHeight = 580; // points
constexpr double kLeft = 92, kRight = 870, kTop = 78, kBottom = 510;
constexpr double kPngScale = 2; // pixels per point
constexpr double kTextSize = 15;
constexpr double kPi = 3.14159265358979323846;

struct Colour {
    double red, green, blue;
};
constexpr Colour kInk{0.13, 0.13, 0.15};
constexpr Colour kGrid{0.88, 0.88, 0.90};
constexpr Colour kFloor{0.40, 0.40, 0.44};

/// Kinds of plans differ in shape as well as in colour. Later ones are drawn over earlier ones.
struct MarkStyle {
    const char* legend;
    Colour colour;
    int corners; ///< 0 = a disc
    double radius;
};
enum MarkKind { Mixed, Uniform, Stop, kMarkKinds };
constexpr MarkStyle kMarks[kMarkKinds] = {{"mixed widths", {0.16, 0.55, 0.33}, 3, 6},
                                          {"one width in all layers", {0.12, 0.40, 0.72}, 0, 3.5},
                                          {"reference width", {0.82, 0.29, 0.10}, 4, 7.5}};

struct Point {
    Plan plan;
    MarkKind kind = Mixed;
    double x = 0, y = 0, error = 0;
};

struct Plot {
    std::string title, x_label, y_label;
    std::vector<Point> points;
    std::optional<double> floor; ///< in the unit of y
    PlotScale x, y;
    double x_step = 1, y_step = 1;
};

struct Unit {
    double size = 1;
    std::string prefix;
};

Unit unitFor(double largest)
{
    Unit unit;
    for (const char* prefix : {"k", "M", "G", "T"}) {
        if (largest < 1000 * unit.size)
            break;
        unit = {unit.size * 1000, prefix};
    }
    return unit;
}

double costOf(const Json& row, CostAxis axis)
{
    switch (axis) {
    case CostAxis::Flops:
        return row.at("flops").get<double>();
    case CostAxis::Params:
        return row.at("params").get<double>();
    case CostAxis::Bytes:
        return row.at("bytes").get<double>();
    case CostAxis::Heads:
        break;
    }
    double sum = 0;
    for (const Json& heads : row.at("plan"))
        sum += heads.get<double>();
    return sum / static_cast<double>(row.at("plan").size());
}

std::string costLabel(CostAxis axis, ModelKind kind, const std::string& prefix)
{
    switch (axis) {
    case CostAxis::Flops:
        return prefix + "FLOPs per " + (kind == ModelKind::Vision ? "picture" : "token");
    case CostAxis::Params:
        return "parameters" + (prefix.empty() ? "" : " (" + prefix + ")");
    case CostAxis::Bytes:
        return "bytes of weights (" + prefix + "B)";
    case CostAxis::Heads:
        break;
    }
    return "heads per layer (mean)";
}

/// The axis a little wider than what is on it, and its ticks.
void fitScale(PlotScale& scale, double& step, double low, double high, int most)
{
    const double span = high > low ? high - low : std::max(std::abs(high), 1.0) * 0.1;
    scale.low = low - 0.05 * span;
    scale.high = high + 0.05 * span;
    step = tickStep(scale.high - scale.low, most);
}

Plot plotOf(const SweepPicture& picture)
{
    const bool vision = picture.kind == ModelKind::Vision;
    Plot plot;
    plot.title = picture.title;
    plot.y_label = vision ? "top-1 (%)" : "loss (nats per token)";
    double largest = 0;
    for (const Json& row : picture.rows)
        largest = std::max(largest, costOf(row, picture.axis));
    const Unit unit = picture.axis == CostAxis::Heads ? Unit{} : unitFor(largest);
    plot.x_label = costLabel(picture.axis, picture.kind, unit.prefix);

    const double scale = vision ? 100 : 1;
    double low = INFINITY, high = -INFINITY, left = INFINITY, right = -INFINITY;
    for (const Json& row : picture.rows) {
        const std::optional<Metric> metric = metricOf(row, vision ? "top1" : "loss");
        if (!metric)
            throw Error("A row has no " + std::string(vision ? "top-1" : "loss") + " to draw");
        Point point;
        point.plan.heads = row.at("plan").get<std::vector<int>>();
        point.kind = is_stop(point.plan) ? Stop : point.plan.is_uniform() ? Uniform : Mixed;
        point.x = costOf(row, picture.axis) / unit.size;
        point.y = scale * metric->value;
        point.error = scale * metric->std_error;
        low = std::min(low, point.y - point.error);
        high = std::max(high, point.y + point.error);
        left = std::min(left, point.x);
        right = std::max(right, point.x);
        if (!vision && row.contains("entropy"))
            plot.floor = row.at("entropy").get<double>();
        plot.points.push_back(point);
    }
    if (plot.floor) {
        low = std::min(low, *plot.floor);
        high = std::max(high, *plot.floor);
    }
    std::ranges::stable_sort(plot.points, {}, &Point::kind);
    plot.x = {.from = kLeft, .to = kRight};
    plot.y = {.from = kBottom, .to = kTop};
    fitScale(plot.x, plot.x_step, left, right, 10);
    fitScale(plot.y, plot.y_step, low, high, 8);
    return plot;
}

/// Draws with one colour at a time; text is placed by its middle or an edge.
class Pen
{
public:
    explicit Pen(cairo_t* cairo)
        : m_cairo(cairo)
    {
        cairo_select_font_face(cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                               CAIRO_FONT_WEIGHT_NORMAL);
    }

    void colour(const Colour& c) { cairo_set_source_rgb(m_cairo, c.red, c.green, c.blue); }

    void line(double x0, double y0, double x1, double y1, double width)
    {
        cairo_set_line_width(m_cairo, width);
        cairo_move_to(m_cairo, x0, y0);
        cairo_line_to(m_cairo, x1, y1);
        cairo_stroke(m_cairo);
    }

    void dashedLine(double x0, double y0, double x1, double y1, double width)
    {
        const double dashes[] = {8, 5};
        cairo_set_dash(m_cairo, dashes, 2, 0);
        line(x0, y0, x1, y1, width);
        cairo_set_dash(m_cairo, nullptr, 0, 0);
    }

    double widthOf(const std::string& words, double size)
    {
        cairo_set_font_size(m_cairo, size);
        cairo_text_extents_t extents;
        cairo_text_extents(m_cairo, words.c_str(), &extents);
        return extents.x_advance;
    }

    /// `anchor` 0 = x is the left edge, 0.5 = the middle, 1 = the right edge; y is the base line.
    void text(const std::string& words, double x, double y, double anchor, double size = kTextSize)
    {
        cairo_move_to(m_cairo, x - anchor * widthOf(words, size), y);
        cairo_show_text(m_cairo, words.c_str());
    }

    void textUpwards(const std::string& words, double x, double y)
    {
        cairo_save(m_cairo);
        cairo_translate(m_cairo, x, y);
        cairo_rotate(m_cairo, -kPi / 2);
        text(words, 0, 0, 0.5);
        cairo_restore(m_cairo);
    }

    void mark(const MarkStyle& style, double x, double y)
    {
        colour(style.colour);
        cairo_new_path(m_cairo); // text has left the pen where it ended
        if (style.corners == 0) {
            cairo_arc(m_cairo, x, y, style.radius, 0, 2 * kPi);
        } else {
            for (int i = 0; i < style.corners; ++i) {
                const double angle = 2 * kPi * i / style.corners - kPi / 2;
                cairo_line_to(m_cairo, x + style.radius * std::cos(angle),
                              y + style.radius * std::sin(angle));
            }
            cairo_close_path(m_cairo);
        }
        cairo_fill(m_cairo);
    }

private:
    cairo_t* m_cairo;
};

void drawAxes(Pen& pen, const Plot& plot)
{
    for (const double value : ticks(plot.x.low, plot.x.high, plot.x_step)) {
        const double x = plot.x.place(value);
        pen.colour(kGrid);
        pen.line(x, kTop, x, kBottom, 1);
        pen.colour(kInk);
        pen.text(tickText(value, plot.x_step), x, kBottom + 21, 0.5);
    }
    for (const double value : ticks(plot.y.low, plot.y.high, plot.y_step)) {
        const double y = plot.y.place(value);
        pen.colour(kGrid);
        pen.line(kLeft, y, kRight, y, 1);
        pen.colour(kInk);
        pen.text(tickText(value, plot.y_step), kLeft - 8, y + 5, 1);
    }
    pen.colour(kInk);
    pen.line(kLeft, kBottom, kRight, kBottom, 1.2);
    pen.line(kLeft, kTop, kLeft, kBottom, 1.2);
    pen.text(plot.x_label, (kLeft + kRight) / 2, kBottom + 48, 0.5);
    pen.textUpwards(plot.y_label, 26, (kTop + kBottom) / 2);
    pen.text(plot.title, (kLeft + kRight) / 2, 30, 0.5, 17);
}

void drawPoints(Pen& pen, const Plot& plot, ModelKind kind)
{
    std::vector<Point> uniform;
    std::ranges::copy_if(plot.points, std::back_inserter(uniform),
                         [](const Point& point) { return point.kind != Mixed; });
    std::ranges::sort(uniform, {}, &Point::x);
    pen.colour(kMarks[Uniform].colour);
    for (std::size_t i = 1; i < uniform.size(); ++i)
        pen.line(plot.x.place(uniform[i - 1].x), plot.y.place(uniform[i - 1].y),
                 plot.x.place(uniform[i].x), plot.y.place(uniform[i].y), 1.2);
    for (const Point& point : plot.points) {
        const MarkStyle& style = kMarks[point.kind];
        const double x = plot.x.place(point.x);
        pen.colour(style.colour);
        const double above = plot.y.place(point.y + point.error);
        const double below = plot.y.place(point.y - point.error);
        pen.line(x, above, x, below, 1.2);
        pen.line(x - 3, above, x + 3, above, 1.2);
        pen.line(x - 3, below, x + 3, below, 1.2);
        pen.mark(style, x, plot.y.place(point.y));
    }
    // On the side of the curve where few points are: accuracy rises with cost, loss falls.
    const double below = kind == ModelKind::Vision ? 18 : -9;
    for (const Point& point : plot.points) {
        if (point.kind == Stop)
            pen.text(std::to_string(point.plan.heads.front()), plot.x.place(point.x) + 9,
                     plot.y.place(point.y) + below, 0);
    }
}

void drawFloor(Pen& pen, const Plot& plot)
{
    const double y = plot.y.place(*plot.floor);
    pen.colour(kFloor);
    pen.dashedLine(kLeft, y, kRight, y, 1.5);
    // At the left end: there the curve is far above its floor.
    pen.text("the source's own entropy " + tickText(*plot.floor, 0.001), kLeft + 8, y - 6, 0, 13);
}

/// In a line below the title, where no point can be.
void drawLegend(Pen& pen, const Plot& plot)
{
    constexpr double kMarkSpace = 16, kEntrySpace = 28;
    std::vector<MarkStyle> shown;
    double width = -kEntrySpace;
    for (int kind = kMarkKinds - 1; kind >= 0; --kind) {
        if (std::ranges::count(plot.points, static_cast<MarkKind>(kind), &Point::kind) == 0)
            continue;
        shown.push_back(kMarks[kind]);
        width += kMarkSpace + pen.widthOf(kMarks[kind].legend, kTextSize) + kEntrySpace;
    }
    double x = (kLeft + kRight - width) / 2;
    for (const MarkStyle& style : shown) {
        pen.mark(style, x, 55);
        pen.colour(kInk);
        pen.text(style.legend, x + kMarkSpace, 60, 0);
        x += kMarkSpace + pen.widthOf(style.legend, kTextSize) + kEntrySpace;
    }
}

void draw(cairo_t* cairo, const SweepPicture& picture)
{
    const Plot plot = plotOf(picture);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    Pen pen(cairo);
    drawAxes(pen, plot);
    if (plot.floor)
        drawFloor(pen, plot);
    drawPoints(pen, plot, picture.kind);
    drawLegend(pen, plot);
}

cairo_status_t appendTo(void* bytes, const unsigned char* data, unsigned int size)
{
    static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), size);
    return CAIRO_STATUS_SUCCESS;
}

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using Context = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;

Surface surfaceFor(const std::string& extension, std::string& bytes)
{
    if (extension == ".svg")
        return {cairo_svg_surface_create_for_stream(appendTo, &bytes, kWidth, kHeight),
                cairo_surface_destroy};
    if (extension == ".pdf")
        return {cairo_pdf_surface_create_for_stream(appendTo, &bytes, kWidth, kHeight),
                cairo_surface_destroy};
    Surface surface{cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                               static_cast<int>(kWidth * kPngScale),
                                               static_cast<int>(kHeight * kPngScale)),
                    cairo_surface_destroy};
    cairo_surface_set_device_scale(surface.get(), kPngScale, kPngScale);
    return surface;
}

} // namespace

void checkPictureName(const std::filesystem::path& file)
{
    const std::string extension = file.extension().string();
    if (extension != ".svg" && extension != ".png" && extension != ".pdf")
        throw Error("A picture cannot be written as " + file.string()
                    + ": expected a name that ends in .svg, .png or .pdf");
}

void drawSweep(const SweepPicture& picture, const std::filesystem::path& file)
{
    checkPictureName(file);
    const std::string extension = file.extension().string();
    std::string bytes;
    const Surface surface = surfaceFor(extension, bytes);
    const Context cairo{cairo_create(surface.get()), cairo_destroy};
    draw(cairo.get(), picture);
    cairo_status_t status = cairo_status(cairo.get());
    if (extension == ".png" && status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(surface.get(), appendTo, &bytes);
    cairo_surface_finish(surface.get());
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface.get());
    if (status != CAIRO_STATUS_SUCCESS && status != CAIRO_STATUS_SURFACE_FINISHED)
        throw Error("The picture " + file.string()
                    + " could not be drawn: " + cairo_status_to_string(status));
    write_text_file(file, bytes);
}

} // namespace matmamba
