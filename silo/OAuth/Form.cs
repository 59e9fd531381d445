using System.Buffers;
using System.Text;
using Fabric.Core.Common;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.OAuth;

/// <summary>
/// The parameters of a request (RFC 6749 appendix B), read strictly: one body of at most <see cref="BodyBytesMax"/> bytes, each parameter once, nothing in the query string, where
/// secrets end up in logs. A parameter without a value counts as left out (RFC 6749 section 3.2); one that is not known is passed over.
/// </summary>
internal sealed class Form
{
    /// <summary>The most bytes of a body (B1): two tokens and the authorization details.</summary>
    public const int BodyBytesMax = 64 * 1024;

    /// <summary>The most parameters (B1).</summary>
    public const int ParametersMax = 32;

    private const string Resource = "resource";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The one parameter that may stand there several times (RFC 8707 section 2).</summary>
    public List<string> Resources { get; } = [];

    /// <summary>A parameter's value; null when it is left out.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>The form that the guard has let in. Throws <see cref="InvalidOperationException"/> when it has not.</summary>
    public static Form Of(HttpContext context) => context.Features.Get<Form>() ?? throw new InvalidOperationException("no form: nobody was let in");

    /// <summary>The form of a request; `invalid_request` when it is none, or `request.too_large`.</summary>
    public static async ValueTask<Outcome<Form>> ReadAsync(HttpContext context)
    {
        if (context.Request.QueryString.HasValue)
        {
            return Bad("query", "parameters go into the body, never into the query string");
        }
        if (!IsForm(context.Request.ContentType))
        {
            return Bad("content-type", "the body must be application/x-www-form-urlencoded, in UTF-8");
        }
        try
        {
            var body = context.Request.BodyReader;
            while (true)
            {
                var read = await body.ReadAsync(context.RequestAborted);
                if (read.Buffer.Length > BodyBytesMax)
                {
                    body.AdvanceTo(read.Buffer.End);
                    return TooLarge();
                }
                if (!read.IsCompleted)
                {
                    body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }
                var form = Parse(read.Buffer.ToArray());
                body.AdvanceTo(read.Buffer.End);
                return form;
            }
        }
        catch (BadHttpRequestException fault)
        {
            return fault.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLarge() : Bad("body", "the request did not arrive whole, or breaks HTTP");
        }
    }

    /// <summary>The parameters that these bytes are.</summary>
    public static Outcome<Form> Parse(ReadOnlySpan<byte> body)
    {
        var form = new Form();
        var count = 0;
        foreach (var range in body.Split((byte)'&'))
        {
            var pair = body[range];
            if (pair.IsEmpty)
            {
                continue;
            }
            if (++count > ParametersMax)
            {
                return Bad("body", $"a request has at most {ParametersMax} parameters");
            }
            var at = pair.IndexOf((byte)'=');
            if (Decode(at < 0 ? pair : pair[..at]) is not { Length: > 0 } name || Decode(at < 0 ? [] : pair[(at + 1)..]) is not { } value)
            {
                return Bad("body", "a parameter is not form-urlencoded UTF-8");
            }
            if (name == Resource)
            {
                form.Resources.Add(value);
            }
            else if (!form._values.TryAdd(name, value))
            {
                // RFC 6749 section 3.2: who reads the first and who reads the last would disagree.
                return Bad("body", "a parameter stands there twice");
            }
        }
        return form;
    }

    /// <summary>All parameters but some, as a query.</summary>
    public string Encode(params string[] without) => string.Join('&', _values.Where(pair => !without.Contains(pair.Key, StringComparer.Ordinal))
        .Concat(Resources.Select(resource => KeyValuePair.Create(Resource, resource)))
        .Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));

    /// <summary>What a form-urlencoded text stands for; null when it is none, or not UTF-8.</summary>
    public static string? Decode(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var symbol = text[i];
            if (symbol == (byte)'%')
            {
                if (i + 2 >= text.Length || Convert.FromHexString(text.Slice(i + 1, 2), bytes.AsSpan(length), out _, out _) != OperationStatus.Done)
                {
                    return null;
                }
                i += 2;
            }
            else
            {
                bytes[length] = symbol == (byte)'+' ? (byte)' ' : symbol;
            }
            length++;
        }
        try
        {
            return Strict.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsForm(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static Rejection Bad(string subject, string detail) => new(OAuthErrors.InvalidRequest, subject, detail);

    private static Rejection TooLarge() => new(Codes.TooLarge, "body", $"the body has more than {BodyBytesMax} bytes");
}
