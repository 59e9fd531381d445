using System.Globalization;
using System.Text;
using Fabric.Contracts.Common;

namespace Fabric.Client.Http;

/// <summary>Writes paths and queries.</summary>
internal struct UrlText(string path)
{
    private readonly StringBuilder _text = new(path);
    private bool _hasQuery;

    /// <summary>
    /// A name as one segment of a path. Empty and dotted ones would change the path itself; no id holds a tilde, so that the fabric refuses this one
    /// instead.
    /// </summary>
    public static string Segment(string name) => name is "" or "." or ".." ? "~" : Uri.EscapeDataString(name);

    public UrlText With(string field, string? value)
    {
        if (value is not null)
        {
            _text.Append(_hasQuery ? '&' : '?').Append(field).Append('=').Append(Uri.EscapeDataString(value));
            _hasQuery = true;
        }
        return this;
    }

    public UrlText With(string field, DateTimeOffset? value) => With(field, value?.ToString("O", CultureInfo.InvariantCulture));

    public UrlText With(string field, NodeDto? value) => With(field, value is null ? null : NodeText.Format(value));

    public UrlText Page(string? cursor, int limit) => With("cursor", cursor).With("limit", limit.ToString(CultureInfo.InvariantCulture));

    public override readonly string ToString() => _text.ToString();
}
