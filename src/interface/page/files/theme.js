// Light or dark: as the system says, until somebody chooses. The choice is a cookie, so that documents come right.

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const button = document.getElementById("theme");

const current = () => root.dataset.theme ?? (system.matches ? "dark" : "light");
const other = () => (current() === "dark" ? "light" : "dark");

function label() {
  button.textContent = other() === "dark" ? "Dark colours" : "Light colours";
  button.hidden = false;
}

export function begin() {
  button.addEventListener("click", () => {
    root.dataset.theme = other();
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `daybook-theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    label();
  });
  system.addEventListener("change", label);
  label();
}
