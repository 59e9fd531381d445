using Fabric.LoadTests.Compare.Pairs;
using Fabric.LoadTests.Compare.Sides;

namespace Fabric.LoadTests.Compare.Peers;

/// <summary>nginx with `auth_request` in front of a server, asking Fabric on the one hand and, on the other, an nginx that says yes to everything without looking.</summary>
internal sealed class NginxPeer : IPeer
{
    private const int WarmUps = 4;
    private const int Ok = 200;

    // Debian keeps it where ordinary users do not look.
    private static readonly string[] Places = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"];

    public string Name => "nginx";

    public string? Missing => Program is null ? "nginx is not installed (Debian: nginx)" : null;

    private static string? Program => PeerProcess.Find("nginx") ?? Array.Find(Places, File.Exists);

    public async Task MeasureAsync(Comparison on)
    {
        var served = await on.Fabric.ServedAsync();
        await using var behind = await StartAsync(port => Behind(port), on);
        await using var front = await StartAsync(port => Front(port, served.Address, behind.Address), on);

        // What both sides need beside the one that is asked.
        double Shared() => front.CpuSeconds + behind.CpuSeconds;
        on.Run.Report.Note("nginx: one worker in front, one behind it that answers both for the guarded server and as the one that says yes; connections to each are kept open");
        await on.PairAsync(
            new PairSpec("compare.auth_request_nginx", "nginx auth_request", "auth_request asks Fabric, which checks the token's whole chain", "auth_request asks an nginx that always says yes", "requests/s"),
            () => HttpRound.RunAsync(front.Address, served.GuardedRequests(front.Address, "/fabric"), Ok, () => Shared() + served.CpuSeconds, on.Run.Cancellation),
            () => HttpRound.RunAsync(front.Address, served.GuardedRequests(front.Address, "/yes"), Ok, Shared, on.Run.Cancellation),
            warmUps: WarmUps);
    }

    private static async Task<PeerProcess> StartAsync(Func<int, string> settings, Comparison on) => await PeerProcess.StartAsync(
        Program!,
        (port, folder) =>
        {
            File.WriteAllText(Path.Combine(folder, "nginx.conf"), settings(port));
            return ["-p", folder, "-c", "nginx.conf", "-e", "stderr"];
        },
        on.Run.Cancellation);

    private static string Behind(int port) => Common($$"""
          server {
            listen 127.0.0.1:{{port}};
            location = /yes { return 204; }
            location / { return 200 "hello"; }
          }
        """);

    private static string Front(int port, Uri fabric, Uri behind) => Common($$"""
          upstream fabric { server {{fabric.Authority}}; keepalive 64; }
          upstream behind { server {{behind.Authority}}; keepalive 64; }
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          server {
            listen 127.0.0.1:{{port}};
            location /fabric/ { auth_request /_fabric; proxy_pass http://behind; }
            location /yes/ { auth_request /_yes; proxy_pass http://behind; }
            location = /_fabric {
              internal;
              proxy_pass http://fabric/v1/ext-authz;
              proxy_pass_request_body off;
              proxy_set_header Connection "";
              proxy_set_header Content-Length "";
              proxy_set_header X-Original-Method $request_method;
              proxy_set_header X-Original-URI $request_uri;
            }
            location = /_yes {
              internal;
              proxy_pass http://behind/yes;
              proxy_pass_request_body off;
              proxy_set_header Connection "";
              proxy_set_header Content-Length "";
              proxy_set_header X-Original-Method $request_method;
              proxy_set_header X-Original-URI $request_uri;
            }
          }
        """);

    private static string Common(string http) => $$"""
        daemon off;
        worker_processes 1;
        pid nginx.pid;
        error_log stderr warn;
        events { worker_connections 1024; }
        http {
          access_log off;
          keepalive_requests 10000000;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
        {{http}}
        }
        """;
}
