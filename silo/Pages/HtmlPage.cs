using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Fabric.Core.Common;
using Microsoft.Net.Http.Headers;

namespace Fabric.Silo.Pages;

/// <summary>
/// A page for a person: one answer, no script, nothing from elsewhere, in no frame, kept by nobody. Its one style sheet has a nonce; its forms go to this host, and from there to
/// <c>formTarget</c> alone.
/// </summary>
internal static class HtmlPage
{
    // Colours by the reader's own setting; one column, so that a narrow screen needs nothing else.
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--edge:#d0d7de;--card:#f6f8fa;--go:#0b5cad;--go-ink:#fff;--warn:#9a3412}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--paper:#0d1117;--edge:#3d444d;--card:#161b22;--go:#6cb6ff;--go-ink:#0d1117;--warn:#f0883e}}
        *{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:40rem;margin:0 auto;padding:1.25rem 1rem 3rem;overflow-wrap:anywhere}h1{font-size:1.35rem;line-height:1.3;margin:.5rem 0 1rem}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}
        p{margin:.5rem 0}.soft{color:var(--soft)}.foot{margin-top:2.5rem}.warn{color:var(--warn);font-weight:600}.card{border:1px solid var(--edge);border-radius:.5rem;background:var(--card);padding:.75rem 1rem;margin:.75rem 0}
        dl{margin:0}dt{color:var(--soft);font-size:.875rem;margin-top:.5rem}dt:first-child{margin-top:0}dd{margin:0}ul{margin:.25rem 0;padding-left:1.25rem}code{font:.9em ui-monospace,monospace}
        label{display:block;margin:.75rem 0 .25rem}input{width:100%;padding:.6rem;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--soft);border-radius:.375rem}
        .row{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1rem}button,a.go{flex:1 1 9rem;text-align:center;text-decoration:none;padding:.7rem 1rem;font:inherit;font-weight:600;border-radius:.375rem;border:1px solid var(--go);cursor:pointer}
        .go{background:var(--go);color:var(--go-ink)}.no{background:transparent;color:var(--ink);border-color:var(--soft)}:focus-visible{outline:3px solid var(--go);outline-offset:2px}
        """;

    /// <summary>Answers with a page. <paramref name="formTarget"/>: the origin that a form's answer may lead to besides this host; null: none.</summary>
    public static void Write(HttpContext context, int status, string title, Markup body, string? formTarget = null)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var page = Markup.Of(
            $"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{title}</title><style nonce="{nonce}">{new Markup(Style)}</style></head><body><main>{body}</main></body></html>
            """);
        var headers = context.Response.Headers;
        headers[HeaderNames.ContentSecurityPolicy] =
            $"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'{(formTarget is null ? "" : " " + formTarget)}; frame-ancestors 'none'; base-uri 'none'";
        Secure(headers);
        var bytes = Encoding.UTF8.GetBytes(page.Text);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = bytes.Length;
        context.Response.BodyWriter.Write(bytes);
    }

    /// <summary>A page that says what is wrong, and leads nowhere.</summary>
    public static void Refuse(HttpContext context, Rejection rejection, int status) => Write(
        context, status, "This does not work", Markup.Of($"<h1>This does not work</h1><p>{Sentence(rejection.Detail)}</p><p class=\"soft\"><code>{rejection.Code}</code></p>"));

    /// <summary>Sends the browser on with a GET, whatever it came with (RFC 9700 section 4.12: never with a status that repeats a form's body).</summary>
    public static void GoTo(HttpContext context, string url)
    {
        Secure(context.Response.Headers);
        context.Response.Headers.Location = url;
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }

    private static void Secure(IHeaderDictionary headers)
    {
        // Not `no-referrer`: with it a browser sends `Origin: null` with our own forms, which is what they are told apart by.
        headers["Referrer-Policy"] = "same-origin";
        headers[HeaderNames.CacheControl] = "no-store";
        headers[HeaderNames.Pragma] = "no-cache";
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers[HeaderNames.XFrameOptions] = "DENY";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    private static string Sentence(string detail) => detail.Length == 0 ? "" : $"{char.ToUpperInvariant(detail[0])}{detail[1..]}.";
}
